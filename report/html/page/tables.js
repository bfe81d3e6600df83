// SPDX-License-Identifier: MIT
//
// tables.js - the tables of the report: which columns they have, and what an opened row shows.
import { element, empty, visible } from './dom.js'
import * as details from './details.js'
import { Table, numberColumn, textColumn } from './table.js'
import * as units from './units.js'

const CARDS_MAX = 200

// What style.css leaves a table that has something beside it.
function pixelsBeside() {
    const page = Math.min(document.documentElement.clientWidth, 1680) - 48
    return page * 0.63 - 28
}

// A table with room for what an opened row shows: beside it where there is room for both.
function withDetails(columns, rows, options) {
    const side = element(
        'aside',
        { class: 'details', 'aria-live': 'polite' },
        empty('Choose a row to see more.')
    )
    const table = new Table(columns, rows, {
        ...options,
        onOpen: (row) => {
            side.replaceChildren(...options.describe(row).filter(Boolean))
            if (wide) side.scrollIntoView({ block: 'nearest' })
        }
    })
    const wide = options.wide || table.leastPixels > pixelsBeside()
    const place = wide ? 'split' : 'split beside'
    return { table, element: element('div', { class: place }, table.element, side) }
}

function changeClass(value) {
    return value > 0 ? 'grew' : value < 0 ? 'shrank' : ''
}

// --- functions

function functionColumns(report) {
    const { value, data } = report
    const whole = value.total
    const amount = (title, key, help) =>
        numberColumn(
            title,
            (row) => row[key],
            (number) => value.format(number),
            { help }
        )
    const share = (title, key) =>
        numberColumn(
            title,
            (row) => row[key],
            (number) => units.share(number, whole)
        )
    const columns = [
        textColumn('function', (row) => row.function.name, { also: (row) => row.function.full }),
        textColumn('file', (row) => row.function.where, {
            most: 18,
            also: (row) => row.function.file || row.function.module
        }),
        amount('flat', 'flat', 'of the function itself'),
        share('flat %', 'flat'),
        amount('cum', 'cum', 'with the functions it calls'),
        share('cum %', 'cum')
    ]
    if (data.process.difference) columns.splice(2, 4, ...changeColumns(value))
    return columns
}

function changeColumns(value) {
    const format = (number) => value.format(number)
    const change = (title, now, old) =>
        numberColumn(
            title,
            (row) => row[now] - row[old],
            (number) => value.formatChange(number),
            { classOf: (row) => changeClass(row[now] - row[old]) }
        )
    return [
        numberColumn('flat before', (row) => row.oldFlat, format),
        numberColumn('flat', (row) => row.flat, format),
        change('change', 'flat', 'oldFlat'),
        numberColumn('cum before', (row) => row.oldCum, format),
        numberColumn('cum', (row) => row.cum, format),
        change('change', 'cum', 'oldCum')
    ]
}

export function functionTable(report) {
    const { value, data } = report
    const rows = value.functions.filter((row) => row.flat || row.cum || row.oldFlat || row.oldCum)
    const difference = data.process.difference
    const made = withDetails(functionColumns(report), rows, {
        label: `Functions by ${value.title}`,
        sort: difference ? 4 : 2,
        descending: true,
        describe: (row) => details.functionDetails(report, row.function.number, made.show)
    })
    made.show = (number) => {
        const find = () => made.table.shown.findIndex((row) => row.function.number === number)
        if (find() < 0) made.table.clearFilter()
        const at = find()
        if (at >= 0) made.table.move(at)
        if (at >= 0) made.table.open(at)
    }
    return made
}

// --- places: lines of the user's own

function placeRows(data, values) {
    const places = new Map()
    values.forEach((value, i) => {
        for (const [node, amount, old] of value.samples) {
            const frame = data.place(node)
            if (!frame) continue
            const key = `${frame.functionNumber}:${frame.file}:${frame.line}`
            let row = places.get(key)
            if (!row) {
                row = {
                    frame,
                    amounts: values.map(() => 0),
                    olds: values.map(() => 0),
                    stacks: new Map()
                }
                places.set(key, row)
            }
            row.amounts[i] += amount
            row.olds[i] += old ?? 0
            const own = row.stacks.get(node) ?? values.map(() => 0)
            own[i] += amount
            row.stacks.set(node, own)
        }
    })
    return [...places.values()]
}

function placeColumns(report, values) {
    const { data, value } = report
    const chosen = values.indexOf(value)
    const columns = [
        textColumn('place', (row) => row.frame.name, { also: (row) => row.frame.function }),
        textColumn('line', (row) => row.frame.where, {
            most: 20,
            also: (row) => row.frame.file || row.frame.module
        })
    ]
    const amount = (each, i) =>
        numberColumn(
            each.title,
            (row) => row.amounts[i],
            (number) => each.format(number),
            { help: each.help }
        )
    const change = numberColumn(
        'change',
        (row) => row.amounts[chosen] - row.olds[chosen],
        (number) => value.formatChange(number),
        { classOf: (row) => changeClass(row.amounts[chosen] - row.olds[chosen]) }
    )
    columns.push(
        amount(value, chosen),
        numberColumn(
            'share',
            (row) => row.amounts[chosen],
            (number) => units.share(number, value.total)
        )
    )
    if (data.process.difference) columns.push(change)
    values.forEach((each, i) => i === chosen || columns.push(amount(each, i)))
    columns.push(numberColumn('stacks', (row) => row.stacks.size, units.count))
    return columns
}

export function placeTable(report, onFunction) {
    const { data, value } = report
    const values = data.values.filter((each) => each.group === value.group)
    const chosen = values.indexOf(value)
    return withDetails(placeColumns(report, values), placeRows(data, values), {
        label: `Places by ${value.title}`,
        sort: 2,
        descending: true,
        wide: values.length > 3,
        describe: (row) => {
            const nodes = [...row.stacks]
                .map(([node, amounts]) => ({ node, amount: amounts[chosen] }))
                .sort((a, b) => b.amount - a.amount)
            return [
                details.heading(row.frame.name, row.frame.where),
                details.figures(values.map((each, i) => [each.title, each.format(row.amounts[i])])),
                ...details.stacks(data, nodes, (each) => value.format(each.amount), onFunction)
            ]
        }
    })
}

// --- leaks

export function leakTable(report, onFunction) {
    const { data } = report
    const about = data.process.estimated ? '~' : ''
    const bytes = (number) => about + units.bytes(number)
    const blocks = (number) => about + units.count(number)
    const when = (row) =>
        row.first_ns < 0
            ? ''
            : row.first_ns === row.last_ns
              ? `at ${units.ns(row.first_ns)}`
              : `${units.ns(row.first_ns)} to ${units.ns(row.last_ns)}`
    const order = ['definite', 'possible', 'indirect', 'reachable']
    const columns = [
        textColumn('class', (row) => row.class, {
            most: 12,
            classOf: (row) => (row.class === 'definite' && !row.suppressed ? 'alarm' : '')
        }),
        textColumn('place', (row) => data.place(row.stack)?.name ?? '', {
            also: (row) => data.place(row.stack)?.function ?? ''
        }),
        textColumn('line', (row) => data.place(row.stack)?.where ?? '', { most: 24 }),
        numberColumn('bytes', (row) => row.bytes, bytes),
        numberColumn('blocks', (row) => row.blocks, blocks),
        numberColumn('with them', (row) => row.indirect_bytes, bytes, {
            help: 'bytes that only definitely lost blocks point to'
        }),
        textColumn('suppressed by', (row) => row.suppressed, { most: 30 })
    ]
    const rows = data.leaks.slice().sort((a, b) => order.indexOf(a.class) - order.indexOf(b.class))
    if (!rows.some((row) => row.suppressed)) columns.pop()
    columns[0].value = (row) => order.indexOf(row.class)
    columns[0].text = (row) => row.class
    columns[0].number = false
    return withDetails(columns, rows, {
        label: 'Leaks',
        sort: 0,
        descending: false,
        emptyText: 'no live blocks were left',
        describe: (row) => [
            details.heading(
                `${bytes(row.bytes)} in ${units.plural(row.blocks, 'block')}, ${row.class}`,
                data.placeText(data.place(row.stack))
            ),
            details.figures([
                [
                    'lost with them',
                    row.indirect_blocks
                        ? `${bytes(row.indirect_bytes)} in ${units.plural(row.indirect_blocks, 'block')}`
                        : ''
                ],
                ['allocated', when(row)],
                ['suppressed by', row.suppressed]
            ]),
            details.stack(data, row.stack, 'Allocated by', onFunction)
        ]
    })
}

// --- locks

function hasIf(rows, value, column) {
    return rows.some((row) => value(row) > 0) ? [column] : []
}

function lockColumns(rows) {
    const hold = (row) => row.hold_ns
    return [
        textColumn('lock', (row) => row.name, { most: 44 }),
        textColumn('kind', (row) => row.kind, { most: 20 }),
        numberColumn('waited', (row) => row.wait_ns, units.ns, {
            help: 'time threads waited; of conditions, barriers and joins: idle time'
        }),
        numberColumn('longest', (row) => row.wait_max_ns, units.ns),
        numberColumn('p99', (row) => row.wait_p99_ns, units.ns),
        numberColumn('waits', (row) => row.contentions, units.count),
        ...hasIf(
            rows,
            (row) => row.acquisitions,
            numberColumn('acquired', (row) => row.acquisitions, units.count)
        ),
        ...hasIf(rows, hold, numberColumn('held', hold, units.ns)),
        ...hasIf(
            rows,
            hold,
            numberColumn('longest hold', (row) => row.hold_max_ns, units.ns)
        )
    ]
}

function partyList(data, title, rows, onFunction) {
    if (!rows.length) return null
    const list = element('ul', { class: 'neighbours' })
    for (const row of rows) {
        const frame = data.frames[row.place] ?? data.place(row.stack)
        list.append(
            element(
                'li',
                {},
                element('span', { class: 'number' }, units.ns(row.wait_ns)),
                element('span', { class: 'number share' }, `${units.count(row.count)}×`),
                frame
                    ? element(
                          'button',
                          {
                              type: 'button',
                              onclick: () => onFunction(frame.functionNumber)
                          },
                          visible(data.placeText(frame))
                      )
                    : element('span', {}, 'unknown')
            )
        )
    }
    return element('section', {}, element('h4', {}, title), list)
}

// Those that are held, or with `idle` those that are waited for with nobody in the way.
export function lockTable(report, idle, onFunction) {
    const { data } = report
    const rows = data.locks
        .map((lock, number) => ({ ...lock, number }))
        .filter((lock) => Boolean(lock.idle) === idle)
    const of = (list, row) =>
        list.filter((each) => each.lock === row.number).sort((a, b) => b.wait_ns - a.wait_ns)
    return withDetails(lockColumns(rows), rows, {
        label: idle ? 'Waits for conditions, barriers, joins' : 'Locks',
        sort: 2,
        emptyText: 'no locks were used',
        describe: (row) => {
            const waiters = of(data.waiters, row)
            const holders = of(data.holders, row)
            return [
                details.heading(row.name, row.suppressed ? `${row.kind}, suppressed` : row.kind),
                details.figures([
                    [row.idle ? 'idle' : 'waited', units.ns(row.wait_ns)],
                    ['waits', units.count(row.contentions)],
                    ['median wait', row.wait_p50_ns >= 0 ? units.ns(row.wait_p50_ns) : '']
                ]),
                partyList(data, 'Waiting', waiters.slice(0, 10), onFunction),
                partyList(
                    data,
                    idle ? 'Ended by' : 'Making others wait',
                    holders.slice(0, 10),
                    onFunction
                ),
                waiters[0] &&
                    details.stack(data, waiters[0].stack, 'The longest waiting stack', onFunction),
                holders[0] &&
                    details.stack(
                        data,
                        holders[0].stack,
                        idle ? 'The stack that ended most of it' : 'The stack most was waited for',
                        onFunction
                    ),
                details.stack(
                    data,
                    row.stack,
                    row.initialised ? 'Made by' : 'First used by',
                    onFunction
                )
            ]
        }
    })
}

export function pairTable(report, onFunction) {
    const { data } = report
    const frame = (number) => data.placeText(data.frames[number])
    const columns = [
        textColumn('lock', (row) => data.locks[row.lock].name, { most: 34 }),
        textColumn('waits', (row) => frame(row.waiter)),
        textColumn('behind', (row) => frame(row.holder)),
        numberColumn('waited', (row) => row.wait_ns, units.ns),
        numberColumn('times', (row) => row.count, units.count)
    ]
    const rows = data.pairs.filter((pair) => !data.locks[pair.lock].idle)
    return withDetails(columns, rows, {
        label: 'Who waits behind whom',
        sort: 3,
        wide: true,
        describe: (row) => [
            details.heading(
                data.locks[row.lock].name,
                `${units.ns(row.wait_ns)} in ${units.plural(row.count, 'wait')}`
            ),
            details.stack(data, row.waiter_stack, 'Waits', onFunction),
            details.stack(data, row.holder_stack, 'Until this lets go', onFunction)
        ]
    })
}

// --- threads

export function threadTable(report, onFunction) {
    const { data } = report
    const about = data.process.estimated ? '~' : ''
    const columns = [
        numberColumn('no.', (row) => row.serial, units.count),
        textColumn('name', (row) => row.name, { most: 17 }),
        textColumn('made by', (row) => data.placeText(data.place(row.stack))),
        numberColumn('start', (row) => row.start_ns, units.ns),
        numberColumn('end', (row) => row.end_ns, units.ns),
        textColumn('ended by', (row) => row.exit, { most: 16 }),
        textColumn('then', (row) => row.join, {
            most: 12,
            classOf: (row) => (row.join === 'leaked' && !row.suppressed ? 'alarm' : '')
        }),
        numberColumn('CPU', (row) => row.cpu_ns, units.ns),
        numberColumn(
            'blocks',
            (row) => row.allocations,
            (n) => about + units.count(n)
        ),
        numberColumn(
            'bytes',
            (row) => row.allocated_bytes,
            (n) => about + units.bytes(n)
        ),
        numberColumn('lock wait', (row) => row.lock_wait_ns, units.ns)
    ]
    if (data.process.profiles) {
        const times = ['no.', 'start', 'end']
        const kept = columns.filter((column) => !times.includes(column.title))
        columns.splice(
            0,
            columns.length,
            numberColumn('count', (row) => row.count),
            ...kept
        )
    }
    return withDetails(columns, data.threads, {
        label: 'Threads',
        sort: 0,
        wide: true,
        descending: false,
        emptyText: 'no threads were recorded',
        describe: (row) => [
            details.heading(
                data.process.profiles
                    ? units.plural(row.count, 'thread')
                    : `thread ${row.serial}${row.name ? ` ${row.name}` : ''}`,
                data.process.profiles ? '' : `tid ${row.tid}`
            ),
            details.figures([
                ['ended by', row.exit],
                ['then', row.join],
                ['ran', row.end_ns >= 0 && row.start_ns >= 0 ? units.ns(row.end_ns - row.start_ns) : ''],
                ['CPU', units.ns(row.cpu_ns)],
                ['waited for locks', units.ns(row.lock_wait_ns)]
            ]),
            details.stack(data, row.stack, 'Created by', onFunction)
        ]
    })
}

// --- problems

function card(title, sub, wrong, ...parts) {
    return element(
        'details',
        { class: wrong ? 'card wrong' : 'card' },
        element(
            'summary',
            {},
            element('span', { class: 'title' }, visible(title)),
            element('span', { class: 'where' }, visible(sub))
        ),
        ...parts.filter(Boolean)
    )
}

function cycleCard(data, cycle, onFunction) {
    const deadlock = cycle.kind === 'deadlock'
    const parts = cycle.edges.flatMap((edge) => {
        const to = edge.to ?? 'a lock'
        return [
            element(
                'h4',
                {},
                visible(
                    `Thread ${edge.thread}${edge.from ? ` holds ${edge.from} and` : ''} ` +
                        `${deadlock ? 'waits for' : 'takes'} ${to}`
                )
            ),
            edge.from
                ? details.stack(data, edge.stack_from, visible(`${edge.from} taken by`), onFunction)
                : null,
            details.stack(
                data,
                edge.stack_to,
                visible(`${to} ${deadlock ? 'wanted' : 'taken'} by`),
                onFunction
            ),
            details.stack(
                data,
                edge.owner_stack,
                visible(`held by thread ${edge.owner}, from`),
                onFunction
            )
        ]
    })
    const when = deadlock && cycle.time_ns >= 0 ? `at ${units.ns(cycle.time_ns)}` : cycle.why
    return card(
        `${cycle.kind}: ${cycle.locks.join(', ')}`,
        when,
        cycle.kind !== 'order inconsistency' && !cycle.suppressed,
        ...parts
    )
}

function lockMisuseCard(data, row, onFunction) {
    return card(
        `${row.kind}: ${row.lock} (${row.lock_kind})`,
        `${units.plural(row.count, 'time')}, first by thread ${row.thread}`,
        !row.suppressed,
        details.stack(data, row.stack, 'Here', onFunction),
        details.stack(data, row.other_stack, 'And here', onFunction)
    )
}

function wrongFreeCard(data, row, onFunction) {
    return card(
        `${row.kind}: allocated by ${row.allocated_by}, freed by ${row.freed_by}`,
        `${units.plural(row.count, 'time')}, first by thread ${row.thread}`,
        !row.suppressed,
        details.stack(data, row.free_stack, 'Freed by', onFunction),
        details.stack(data, row.stack, 'Allocated by', onFunction)
    )
}

export function problemCards(data, onFunction) {
    const cards = [
        ...data.order.map((cycle) => cycleCard(data, cycle, onFunction)),
        ...data.wrongFrees.map((row) => wrongFreeCard(data, row, onFunction)),
        ...data.lockMisuses.map((row) => lockMisuseCard(data, row, onFunction))
    ]
    if (cards.length) cards[0].open = true
    if (cards.length <= CARDS_MAX) return cards
    const more = units.plural(cards.length - CARDS_MAX, 'more problem')
    return [...cards.slice(0, CARDS_MAX), element('p', { class: 'more' }, `… ${more}`)]
}
