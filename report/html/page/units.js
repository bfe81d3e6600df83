// SPDX-License-Identifier: MIT
//
// units.js - numbers as the text report writes them (report/model/units.c).

export function count(value) {
    const digits = String(Math.abs(Math.round(value)))
    return (value < 0 ? '-' : '') + digits.replace(/\B(?=(\d{3})+$)/g, ',')
}

// As printf: what lies in the middle goes to the even digit. Only multiples of 2^-(places + 1) can.
function fixed(value, places) {
    const size = Math.abs(value)
    const scaled = size * 2 ** (places + 1)
    if (scaled % 2 !== 1) return value.toFixed(places)
    const below = Math.floor(size * 10 ** places)
    const even = (below + (below % 2)) / 10 ** places
    return (value < 0 ? -even : even).toFixed(places)
}

function withUnit(value, sign, unit) {
    return `${sign}${fixed(value, value < 99.95 ? 1 : 0)} ${unit}`
}

export function bytes(value) {
    const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']
    const sign = value < 0 ? '-' : ''
    let size = Math.abs(value)
    if (size < 1024) return `${sign}${Math.round(size)} B`
    let unit = 0
    for (size /= 1024; size >= 1023.5 && unit + 1 < units.length; size /= 1024) unit++
    return withUnit(size, sign, units[unit])
}

export function ns(value) {
    const sign = value < 0 ? '-' : ''
    const size = Math.abs(value)
    if (size < 1000) return `${sign}${Math.round(size)} ns`
    if (size < 999.5e3) return withUnit(size / 1e3, sign, 'µs')
    if (size < 999.5e6) return withUnit(size / 1e6, sign, 'ms')
    if (size < 9.995e9) return `${sign}${fixed(size / 1e9, 2)} s`
    if (size < 999.5e9) return withUnit(size / 1e9, sign, 's')
    return `${sign}${count(Math.floor(size / 1e9))} s`
}

// 0 % and 100 % are exact.
export function share(part, whole) {
    if (!whole) return '-'
    if (part === whole) return '100%'
    if (part === 0) return '0%'
    return `${fixed((100 * part) / whole, 1)}%`
}

export function plural(number, word, many = word + 's') {
    return `${count(number)} ${number === 1 ? word : many}`
}

const byUnit = { bytes, count, nanoseconds: ns }

export function inUnit(value, unit) {
    return (byUnit[unit] ?? count)(value)
}

export function signed(value, unit) {
    return (value > 0 ? '+' : '') + inUnit(value, unit)
}

export function basename(path) {
    return path.slice(path.lastIndexOf('/') + 1)
}
