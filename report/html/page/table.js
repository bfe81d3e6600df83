// SPDX-License-Identifier: MIT
//
// table.js - a table that is sorted by a click on a column, filtered by a text, and of which only
// the rows in sight are elements, so that it may have any number of them. Arrow keys move in it,
// Enter opens a row.
import { element, visible } from './dom.js'
import * as units from './units.js'

const ROW = 30
const MARGIN_ROWS = 12
const NAME_WIDTH = 18 // characters
const MEASURED_ROWS_MAX = 2000
const CHARACTER = 9 // pixels, about
const PADDING = 20 // pixels, as style.css has it

export class Table {
    // columns: {title, value(row), text(row)?, number?, width?, most?, help?, classOf(row)?}; a text
    // column's value is its text; it is `width` characters wide, or at most `most`, as its texts
    // are, or takes what is left. options: {label, sort: column number, descending, onOpen(row),
    // emptyText}
    constructor(columns, rows, options) {
        this.columns = columns
        this.rows = rows
        this.options = options
        this.sorted = options.sort ?? 0
        this.descending = options.descending ?? Boolean(columns[this.sorted].number)
        this.active = -1
        this.opened = null
        this.make()
        this.arrange()
    }

    make() {
        const { label } = this.options
        this.filter = element('input', {
            type: 'search',
            placeholder: 'filter',
            'aria-label': `Filter ${label}`,
            spellcheck: 'false',
            autocomplete: 'off',
            oninput: () => this.arrange()
        })
        this.said = element('span', { class: 'said', role: 'status' })
        this.moved = element('span', { class: 'unseen', role: 'status' })
        this.buttons = this.columns.map((column, i) =>
            element(
                'button',
                {
                    type: 'button',
                    title: column.help,
                    onclick: () => this.sortBy(i)
                },
                column.title
            )
        )
        this.heads = this.columns.map((column, i) =>
            element(
                'th',
                {
                    scope: 'col',
                    class: column.number ? 'number' : null
                },
                this.buttons[i]
            )
        )
        this.body = element('tbody')
        this.scroll = element(
            'div',
            {
                class: 'rows',
                tabindex: 0,
                role: 'region',
                'aria-label': label,
                onscroll: () => this.show(),
                onkeydown: (event) => this.keydown(event)
            },
            this.makeTable(element('thead', {}, element('tr', {}, ...this.heads)), this.body)
        )
        this.element = element(
            'div',
            { class: 'table' },
            element('div', { class: 'bar' }, this.filter, this.said, this.moved),
            this.scroll
        )
        this.body.addEventListener('click', (event) => this.click(event))
        new ResizeObserver(() => this.show()).observe(this.scroll)
    }

    // Columns without a width share what is left, but each has room for a name. Where that is more
    // than the box has, it scrolls.
    makeTable(...parts) {
        const group = element('colgroup')
        this.least = 0
        for (const column of this.columns) {
            const col = element('col')
            const width = column.number || column.most ? this.measure(column) : column.width
            if (width) col.style.width = `calc(${width}ch + ${PADDING}px)`
            this.least += width ?? NAME_WIDTH
            group.append(col)
        }
        const table = element('table', {}, group, ...parts)
        table.style.minWidth = `calc(${this.least}ch + ${this.columns.length * PADDING}px)`
        return table
    }

    // Characters. The longest numbers are mostly those of the largest values.
    measure(column) {
        const words = column.title.split(' ').map((word) => 0.9 * word.length + 1.8)
        let longest = Math.max(...words)
        const values = this.rows.map((row) => column.value(row))
        const note = (row) => {
            longest = Math.max(longest, this.textOf(column, row).length + 0.4)
        }
        this.rows.slice(0, MEASURED_ROWS_MAX).forEach(note)
        if (column.number && this.rows.length > MEASURED_ROWS_MAX) {
            for (const extreme of [Math.max, Math.min]) {
                const value = values.reduce((a, b) => extreme(a, b))
                note(this.rows[values.indexOf(value)])
            }
        }
        return Math.min(longest, column.most ?? longest)
    }

    // A page's pixels, about.
    get leastPixels() {
        return this.least * CHARACTER + this.columns.length * PADDING
    }

    // --- order

    sortBy(number) {
        this.descending =
            number === this.sorted ? !this.descending : Boolean(this.columns[number].number)
        this.sorted = number
        this.arrange()
    }

    // The filter that another table had.
    filterAs(other) {
        if (!other?.filter.value) return
        this.filter.value = other.filter.value
        this.arrange()
    }

    clearFilter() {
        this.filter.value = ''
        this.arrange()
    }

    textOf(column, row) {
        const text = column.text ? column.text(row) : column.value(row)
        return visible(String(text))
    }

    matching() {
        const wanted = this.filter.value.trim().toLowerCase()
        if (!wanted) return this.rows.slice()
        const texts = this.columns.filter((column) => !column.number)
        return this.rows.filter((row) =>
            texts.some(
                (column) =>
                    this.textOf(column, row).toLowerCase().includes(wanted) ||
                    column.also?.(row).toLowerCase().includes(wanted)
            )
        )
    }

    arrange() {
        const column = this.columns[this.sorted]
        const sign = this.descending ? -1 : 1
        const compare = column.number ? (a, b) => a - b : (a, b) => (a < b ? -1 : a > b ? 1 : 0)
        const keyed = this.matching().map((row) => [column.value(row), row])
        keyed.sort((a, b) => sign * compare(a[0], b[0]))
        this.shown = keyed.map(([, row]) => row)
        this.active = this.shown.indexOf(this.opened)
        this.heads.forEach((head, i) => {
            const order = this.descending ? 'descending' : 'ascending'
            head.setAttribute('aria-sort', i === this.sorted ? order : 'none')
        })
        const all = this.rows.length
        this.said.textContent =
            this.shown.length === all
                ? units.plural(all, 'row')
                : `${units.count(this.shown.length)} of ${units.plural(all, 'row')}`
        this.scroll.scrollTop = 0
        this.show()
    }

    // --- rows in sight

    show() {
        const height = this.scroll.clientHeight || 600
        const first = Math.max(0, Math.floor(this.scroll.scrollTop / ROW) - MARGIN_ROWS)
        const end = Math.min(this.shown.length, first + Math.ceil(height / ROW) + 2 * MARGIN_ROWS)
        const rows = [this.spacer(first)]
        for (let i = first; i < end; i++) rows.push(this.makeRow(i))
        rows.push(this.spacer(this.shown.length - end))
        if (!this.shown.length) rows.push(this.makeEmpty())
        this.body.replaceChildren(...rows)
    }

    spacer(rows) {
        const row = element('tr', { class: 'spacer', 'aria-hidden': 'true' })
        row.style.height = `${rows * ROW}px`
        return row
    }

    makeEmpty() {
        const text = this.rows.length ? 'nothing matches' : (this.options.emptyText ?? 'nothing')
        return element(
            'tr',
            {},
            element('td', { colspan: this.columns.length, class: 'empty' }, text)
        )
    }

    makeRow(number) {
        const row = this.shown[number]
        const cells = this.columns.map((column) => {
            const text = this.textOf(column, row)
            const names = [column.number ? 'number' : '', column.classOf?.(row) ?? '']
            return element(
                'td',
                {
                    class: names.filter(Boolean).join(' ') || null,
                    title: column.number ? null : visible(column.also?.(row) || text)
                },
                text
            )
        })
        const names = ['row']
        if (number === this.active) names.push('active')
        if (row === this.opened) names.push('opened')
        return element('tr', { class: names.join(' '), 'data-number': number }, ...cells)
    }

    // --- opening

    click(event) {
        const row = event.target.closest('tr.row')
        if (row) this.open(Number(row.dataset.number))
    }

    open(number) {
        this.active = number
        this.opened = this.shown[number]
        this.show()
        this.options.onOpen?.(this.opened)
    }

    keydown(event) {
        const page = Math.max(1, Math.floor(this.scroll.clientHeight / ROW) - 2)
        const steps = {
            ArrowDown: 1,
            ArrowUp: -1,
            PageDown: page,
            PageUp: -page,
            Home: -Infinity,
            End: Infinity
        }
        if (event.target !== this.scroll || !this.shown.length) return
        if (event.key === 'Enter' && this.active >= 0) this.open(this.active)
        else if (event.key in steps) this.move(this.active + steps[event.key])
        else return
        event.preventDefault()
    }

    move(to) {
        this.active = Math.max(0, Math.min(this.shown.length - 1, to))
        const top = this.active * ROW
        const room = this.scroll.clientHeight - 2 * ROW
        if (top < this.scroll.scrollTop) this.scroll.scrollTop = top
        else if (top > this.scroll.scrollTop + room) this.scroll.scrollTop = top - room
        this.show()
        this.announce()
    }

    // The rows are no elements that can have the focus: what it would say is said.
    announce() {
        const row = this.shown[this.active]
        const texts = this.columns.map((column) => {
            const text = this.textOf(column, row)
            return text && column.number ? `${column.title} ${text}` : text
        })
        this.moved.textContent = texts.filter(Boolean).join(', ')
    }
}

// --- columns that many tables have

export function textColumn(title, value, more = {}) {
    return { title, value: (row) => value(row) ?? '', ...more }
}

export function numberColumn(title, value, format = units.count, more = {}) {
    return {
        title,
        value,
        number: true,
        text: (row) => {
            const amount = value(row)
            return amount === -1 || amount === undefined ? '' : format(amount)
        },
        ...more
    }
}
