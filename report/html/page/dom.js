// SPDX-License-Identifier: MIT
//
// dom.js - elements. Text of a profile becomes text nodes and attributes, never markup.

const svgNames = new Set(['svg', 'g', 'path', 'line', 'rect', 'text', 'circle'])

export function element(name, attributes = {}, ...children) {
    const made = svgNames.has(name)
        ? document.createElementNS('http://www.w3.org/2000/svg', name)
        : document.createElement(name)
    for (const [key, value] of Object.entries(attributes)) {
        if (key.startsWith('on')) made.addEventListener(key.slice(2), value)
        else if (value !== false && value != null)
            made.setAttribute(key, value === true ? '' : value)
    }
    made.append(...children.filter((child) => child !== null && child !== undefined))
    return made
}

// What moves a cursor or hides text is shown as such.
export function visible(text) {
    return text.replace(
        /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
        '\ufffd'
    )
}

export function empty(text) {
    return element('p', { class: 'empty' }, text)
}
