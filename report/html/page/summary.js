// SPDX-License-Identifier: MIT
//
// summary.js - the first lines of the page: what was profiled, and the summary in the words of the
// text report; of a difference what there was and is of each value.
import { element, visible } from './dom.js'
import * as units from './units.js'

const byId = (id) => document.getElementById(id)

function endWords({ state, status }) {
    if (state === 'exited') return `exited ${status}`
    if (state === 'signaled') return `ended by signal ${status}`
    if (state === 'running') return 'still running'
    return state === 'execed' ? 'replaced itself by another program' : 'ended without a word'
}

function runWords(process) {
    if (process.difference) return `${process.old_profile} → ${process.profile}`
    const ran = process.duration_ns >= 0 ? `ran ${units.ns(process.duration_ns)}, ` : ''
    const parts = [`pid ${process.pid}`, ran + endWords(process)]
    const begun = new Date(process.start_ms)
    if (process.start_ms > 0 && !Number.isNaN(begun.getTime())) {
        parts.push(begun.toISOString().slice(0, 19).replace('T', ' ') + ' UTC')
    }
    return parts.join(' · ')
}

export function showHeading(process) {
    const name = process.program || 'a program'
    document.title = visible(`${name} (${process.pid || 'difference'}) - gaiaprof`)
    byId('program').textContent = visible(name)
    byId('run').textContent = visible(runWords(process))
    byId('command').textContent = process.command === name ? '' : visible(process.command)
    byId('version').textContent = `gaiaprof ${process.version}`
}

// --- of a difference

function totalRow(value) {
    const change = value.total - value.old
    const direction = change > 0 ? 'grew' : change < 0 ? 'shrank' : ''
    const cell = (text, name = '') => element('td', { class: `number ${name}` }, text)
    return element(
        'tr',
        {},
        element('th', { scope: 'row' }, value.title),
        cell(value.format(value.old)),
        cell(value.format(value.total)),
        cell(change ? value.formatChange(change) : '=', direction),
        cell(change ? units.growth(change, value.old) : '', direction)
    )
}

function showTotals(values) {
    const titles = ['', 'before', 'after', 'change', '']
    const heads = titles.map((title) => element('th', { scope: 'col', class: 'number' }, title))
    const head = element('thead', {}, element('tr', {}, ...heads))
    const table = element(
        'table',
        { class: 'totals' },
        head,
        element('tbody', {}, ...values.map(totalRow))
    )
    byId('summary').replaceWith(element('div', { id: 'summary' }, table))
}

// --- of one profile

function summaryLine({ wrong, text }) {
    const attributes = { class: 'mark', role: 'img', 'aria-label': 'attention' }
    const mark = wrong ? element('span', attributes, '!') : null
    return element('p', { class: wrong ? 'wrong' : null }, mark, visible(text))
}

export function showSummary(data) {
    if (data.process.difference) {
        showTotals(data.values)
        return
    }
    const list = byId('summary')
    let last = null // a line without a label belongs to the one before
    for (const line of data.summary) {
        if (line.label || !last) {
            last = element('dd')
            list.append(element('div', {}, element('dt', {}, visible(line.label)), last))
        }
        last.append(summaryLine(line))
    }
}
