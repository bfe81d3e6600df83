// SPDX-License-Identifier: MIT
//
// summary.js - the first lines of the page: what was profiled, and the summary in the words of the
// text report; of a difference the notes and totals of the text.
import { element, visible } from './dom.js'
import * as units from './units.js'

const byId = (id) => document.getElementById(id)

function endWords({ state, status }) {
    if (state === 'exited') return `exited ${status}`
    if (state === 'signaled') return `ended by signal ${status}`
    if (state === 'running') return 'still running'
    return state === 'execed' ? 'replaced itself by another program' : 'ended without a word (killed?)'
}

function mergedWords({ failed, duration_ns: duration }) {
    const ran = `ran ${units.ns(duration)} together`
    return failed ? `${ran}, ${units.count(failed)} failed` : ran
}

function runWords(process) {
    if (process.difference) return `${process.old_profile} → ${process.profile}`
    if (process.profiles) return mergedWords(process)
    const ran = process.duration_ns >= 0 ? `ran ${units.ns(process.duration_ns)}, ` : ''
    const parts = [`pid ${process.pid}`, ran + endWords(process)]
    const begun = new Date(process.start_ms)
    if (process.start_ms > 0 && !Number.isNaN(begun.getTime())) {
        parts.push(begun.toISOString().slice(0, 19).replace('T', ' ') + ' UTC')
    }
    return parts.join(' · ')
}

// "burst", "3 profiles of burst", "3 profiles of 2 programs"
function programWords({ program, profiles, programs, difference }) {
    const one = program || 'a program'
    if (!profiles || (difference && programs <= 1)) return one
    const of = programs > 1 ? `${units.count(programs)} programs` : one
    return `${units.plural(profiles, 'profile')} of ${of}`
}

// What of the profile is not shown, because somebody wished so.
function filterWords({ focus, ignore }) {
    const parts = []
    if (focus) parts.push(`only stacks with ${focus}`)
    if (ignore) parts.push(`no stacks with ${ignore}`)
    return parts.length ? `filtered: ${parts.join(', ')}` : ''
}

export function showHeading(process) {
    const name = programWords(process)
    const kind = process.difference ? 'difference' : process.profiles ? 'merged' : process.pid
    document.title = visible(`${name} (${kind}) - gaiaprof`)
    byId('filtered').textContent = visible(filterWords(process))
    byId('program').textContent = visible(name)
    byId('run').textContent = visible(runWords(process))
    const command = process.command === name || process.profiles ? '' : process.command
    byId('command').textContent = visible(command)
    byId('version').textContent = `gaiaprof ${process.version}`
}

// --- of a difference

// The lines of the text: its title, notes, tables (with tabs) and footnotes.
function readComparison(lines) {
    const read = { title: '', notes: [], tables: [], feet: [] }
    let table = null
    for (const line of lines) {
        const cells = line.split('\t')
        if (cells.length > 1 && table) table.rows.push(cells)
        else if (cells.length > 1) read.tables.push((table = { heads: cells, rows: [] }))
        else table = null
        if (cells.length > 1 || !line.trim()) continue
        if (line.startsWith('gaiaprof diff')) read.title = line.slice('gaiaprof diff'.length).trim()
        else if (line.startsWith('  note ')) read.notes.push(line.slice('  note '.length).trim())
        else if (line.startsWith('      ')) read.notes[read.notes.length - 1] += ` ${line.trim()}`
        else read.feet.push(line.trim())
    }
    return read
}

// A row is a name, old, new, change, and how sure that is: the text says + and - where it is.
function totalRow(cells) {
    const change = cells[3] ?? ''
    const isChange = cells[0] !== 'geomean'
    const direction = change.startsWith('+') ? 'grew' : change.startsWith('-') ? 'shrank' : ''
    return element(
        'tr',
        {},
        element('th', { scope: 'row' }, visible(cells[0])),
        ...cells
            .slice(1)
            .map((text, i) =>
                element(
                    'td',
                    { class: `number ${i > 1 && isChange ? direction : ''}` },
                    visible(text)
                )
            )
    )
}

function totalRows({ heads, rows }) {
    const cells = heads.map((head, i) =>
        element(
            'th',
            { scope: 'col', class: i ? 'number' : null },
            head === 'TOTALS' ? '' : visible(head)
        )
    )
    return element('tbody', {}, element('tr', {}, ...cells), ...rows.map(totalRow))
}

function showComparison(lines) {
    const { title, notes, tables, feet } = readComparison(lines)
    const say = (text) => element('p', { class: 'note' }, visible(text))
    if (title) byId('run').textContent = visible(title.replace(' -> ', ' → '))
    byId('summary').replaceWith(
        element(
            'div',
            { id: 'summary' },
            ...notes.map(say),
            element('table', { class: 'totals' }, ...tables.map(totalRows)),
            tables.length ? null : say('the totals do not differ'),
            ...feet.map(say)
        )
    )
}

// --- of one profile

function summaryLine({ wrong, text }) {
    const attributes = { class: 'mark', role: 'img', 'aria-label': 'attention' }
    const mark = wrong ? element('span', attributes, '!') : null
    return element('p', { class: wrong ? 'wrong' : null }, mark, visible(text))
}

export function showSummary(data) {
    if (data.process.difference) {
        showComparison(data.comparison)
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
