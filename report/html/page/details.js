// SPDX-License-Identifier: MIT
//
// details.js - what is shown of one thing that was chosen: a stack, a function with its source and
// its neighbours, figures.
import { element, visible } from './dom.js'
import * as units from './units.js'

const STACKS_MAX = 5
const NEIGHBOURS_MAX = 10

export function heading(text, sub = '') {
    return element(
        'div',
        { class: 'heading' },
        element('h3', {}, visible(text)),
        sub ? element('p', { class: 'where' }, visible(sub)) : null
    )
}

export function figures(pairs) {
    const list = element('dl', { class: 'figures' })
    for (const [name, text] of pairs) {
        if (text === '' || text === undefined || text === null) continue
        list.append(element('div', {}, element('dt', {}, name), element('dd', {}, visible(text))))
    }
    return list
}

// Frames are buttons that show their function.
export function stack(data, node, title, onFunction) {
    const frames = data.stack(node)
    if (!frames.length) return null
    const list = element('ol', { class: 'stack' })
    for (const frame of frames) {
        const name = frame.inlined ? `${frame.name} (inlined)` : frame.name
        list.append(
            element(
                'li',
                { class: frame.runtime || frame.marker ? 'runtime' : null },
                element(
                    'button',
                    {
                        type: 'button',
                        title: visible(frame.function || frame.name),
                        onclick: () => onFunction(frame.functionNumber)
                    },
                    visible(name)
                ),
                element(
                    'span',
                    { class: 'where', title: visible(frame.file || frame.module) },
                    visible(frame.where)
                )
            )
        )
    }
    return element('section', {}, title ? element('h4', {}, title) : null, list)
}

export function stacks(data, nodes, describe, onFunction) {
    const shown = nodes.slice(0, STACKS_MAX)
    const parts = shown.map((node) => stack(data, node.node, describe(node), onFunction))
    if (nodes.length > shown.length) {
        parts.push(
            element(
                'p',
                { class: 'more' },
                `… ${units.plural(nodes.length - shown.length, 'more stack')}`
            )
        )
    }
    return parts
}

// --- source

function lineCells(value, line) {
    const cell = (amount) => element('td', { class: 'number' }, amount ? value.format(amount) : '')
    if (!value.data.process.difference) return [cell(line?.flat ?? 0), cell(line?.cum ?? 0)]
    const change = line ? line.cum - line.oldCum : 0
    return [
        cell(line?.cum ?? 0),
        element(
            'td',
            {
                class: `number ${change > 0 ? 'grew' : change < 0 ? 'shrank' : ''}`
            },
            change ? value.formatChange(change) : ''
        )
    ]
}

function sourceTable(value, source, lines) {
    const titles = value.data.process.difference
        ? ['with callees', 'change']
        : ['flat', 'with callees']
    const body = element('tbody')
    const wanted = source.ranges.filter((range) =>
        [...lines.keys()].some(
            (line) => line >= range.first && line < range.first + range.lines.length
        )
    )
    wanted.forEach((range, i) => {
        if (i > 0) body.append(element('tr', { class: 'gap' }, element('td', { colspan: 4 }, '⋯')))
        range.lines.forEach((text, j) => {
            const line = lines.get(range.first + j)
            body.append(
                element(
                    'tr',
                    { class: line?.cum || line?.oldCum ? 'hot' : null },
                    ...lineCells(value, line),
                    element('td', { class: 'number line' }, String(range.first + j)),
                    element('td', { class: 'code' }, visible(text))
                )
            )
        })
    })
    if (!wanted.length) return null
    return element(
        'div',
        { class: 'source', tabindex: 0, role: 'region', 'aria-label': 'Source' },
        element(
            'table',
            {},
            element(
                'thead',
                {},
                element(
                    'tr',
                    {},
                    ...titles.map((title) =>
                        element('th', { class: 'number', scope: 'col' }, title)
                    ),
                    element('th', { class: 'number', scope: 'col' }, 'line'),
                    element('th', { scope: 'col' }, 'source')
                )
            ),
            body
        )
    )
}

// Where the source was not found: the lines alone.
function linesTable(value, file, lines) {
    const body = element('tbody')
    for (const number of [...lines.keys()].sort((a, b) => a - b)) {
        body.append(
            element(
                'tr',
                { class: 'hot' },
                ...lineCells(value, lines.get(number)),
                element('td', { class: 'code' }, visible(`${units.basename(file)}:${number}`))
            )
        )
    }
    return element('div', { class: 'source' }, element('table', {}, body))
}

function sourceOf(data, number, value) {
    return [...data.lines(number, value)].map(([file, lines]) => {
        const source = data.sources.get(file)
        const table = source && sourceTable(value, source, lines)
        return element(
            'section',
            {},
            element(
                'h4',
                { title: visible(source?.path ?? file) },
                visible(units.basename(file)),
                table ? null : element('span', { class: 'where' }, ' source not found here')
            ),
            table ?? linesTable(value, file, lines)
        )
    })
}

// --- functions

function neighbourList(title, rows, whole, value, onFunction) {
    const list = element('ul', { class: 'neighbours' })
    for (const row of rows.slice(0, NEIGHBOURS_MAX)) {
        list.append(
            element(
                'li',
                {},
                element('span', { class: 'number' }, value.format(row.amount)),
                element('span', { class: 'number share' }, units.share(row.amount, whole)),
                element(
                    'button',
                    {
                        type: 'button',
                        title: visible(row.function.full),
                        onclick: () => onFunction(row.number)
                    },
                    visible(row.function.name)
                )
            )
        )
    }
    if (rows.length > NEIGHBOURS_MAX) {
        list.append(element('li', { class: 'more' }, `… ${rows.length - NEIGHBOURS_MAX} more`))
    }
    return rows.length ? element('section', {}, element('h4', {}, title), list) : null
}

function functionFigures(value, row) {
    const share = (amount) => `${value.format(amount)} (${units.share(amount, value.total)})`
    const pairs = [
        [`${value.title}, itself`, share(row.flat)],
        ['with callees', share(row.cum)]
    ]
    if (value.data.process.difference) {
        pairs.push(
            ['before', value.format(row.oldCum)],
            ['change', value.formatChange(row.cum - row.oldCum)]
        )
    }
    return figures(pairs)
}

export function functionDetails(report, number, onFunction) {
    const { data, value } = report
    const each = data.functions[number]
    const row = value.functions[number]
    const [callers, callees] = data.neighbours(number, value)
    const source = sourceOf(data, number, value)
    const full = each.full === each.name ? '' : each.full
    return [
        heading(each.name, [full, each.file || each.module].filter(Boolean).join(' · ')),
        functionFigures(value, row),
        element(
            'div',
            { class: source.length ? 'columns' : null },
            source.length ? element('div', {}, ...source) : null,
            element(
                'div',
                {},
                neighbourList('Called from', callers, row.cum, value, onFunction),
                neighbourList('Calls', callees, row.cum, value, onFunction)
            )
        )
    ]
}
