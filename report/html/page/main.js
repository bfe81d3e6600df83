// SPDX-License-Identifier: MIT
//
// main.js - the page: the summary, a tab for each way to look at the profile, and what they share:
// the value that is shown, and the search.
import { readData } from './data.js'
import { functionDetails } from './details.js'
import { element, empty, visible } from './dom.js'
import { Flame } from './flame.js'
import { showHeading, showSummary } from './summary.js'
import * as tables from './tables.js'
import { startTheme } from './theme.js'
import { makeTimeline } from './timeline.js'
import * as units from './units.js'

const byId = (id) => document.getElementById(id)

class Report {
    constructor(data) {
        this.data = data
        this.value = data.values[0]
        this.tab = null
        this.made = new Map() // tab: what it holds, for the value it was made for
        data.functions.forEach((each, number) => {
            each.number = number
        })
    }

    start() {
        showHeading(this.data.process)
        showSummary(this.data)
        this.makeTabs()
        this.makeControls()
        startTheme(byId('theme'), () => this.repaint())
        this.startKeys()
        this.open(this.tabs.find((tab) => `#${tab.id}` === location.hash)?.id ?? this.tabs[0].id)
        document.documentElement.dataset.ready = 'true'
    }

    // --- tabs

    // What the user should look at: leaks that are reachable are none.
    get leakCount() {
        const classes = ['definite', 'possible', 'indirect']
        return this.data.leaks.filter((leak) => !leak.suppressed && classes.includes(leak.class))
            .length
    }

    get waitedCount() {
        return this.data.locks.filter((lock) => !lock.idle && lock.contentions > 0).length
    }

    get problemCount() {
        return this.data.order.length + this.data.wrongFrees.length + this.data.lockMisuses.length
    }

    makeTabs() {
        const { data } = this
        const some = (list) => list.length > 0
        const values = some(data.values)
        this.tabs = [
            { id: 'flame', title: 'Flame graph', has: values, shares: true },
            { id: 'functions', title: 'Functions', has: values, shares: true },
            { id: 'places', title: 'Places', has: values, shares: true },
            { id: 'leaks', title: 'Leaks', has: some(data.leaks), count: this.leakCount },
            { id: 'locks', title: 'Locks', has: some(data.locks), count: this.waitedCount },
            {
                id: 'threads',
                title: 'Threads',
                has: some(data.threads),
                count: data.threads.reduce((sum, thread) => sum + thread.count, 0)
            },
            {
                id: 'timeline',
                title: 'Timeline',
                has: data.hasTimes
            },
            {
                id: 'problems',
                title: 'Problems',
                has: this.problemCount > 0,
                count: this.problemCount
            }
        ].filter((tab) => tab.has)
        if (!this.tabs.length) this.tabs.push({ id: 'nothing', title: 'Nothing recorded' })
        for (const tab of this.tabs) this.makeTab(tab)
    }

    makeTab(tab) {
        tab.button = element(
            'button',
            {
                type: 'button',
                role: 'tab',
                id: `tab-${tab.id}`,
                'aria-controls': `panel-${tab.id}`,
                onclick: () => this.show(tab.id),
                onkeydown: (event) => this.tabKey(event, tab)
            },
            tab.title,
            tab.count ? element('span', { class: 'count' }, units.count(tab.count)) : null
        )
        tab.panel = element('section', {
            role: 'tabpanel',
            id: `panel-${tab.id}`,
            'aria-labelledby': `tab-${tab.id}`,
            hidden: true
        })
        byId('tabs').append(tab.button)
        byId('panels').append(tab.panel)
    }

    tabKey(event, tab) {
        const at = this.tabs.indexOf(tab)
        const to = {
            ArrowRight: at + 1,
            ArrowLeft: at - 1,
            Home: 0,
            End: this.tabs.length - 1
        }[event.key]
        if (to === undefined) return
        const next = this.tabs[(to + this.tabs.length) % this.tabs.length]
        this.show(next.id)
        next.button.focus()
        event.preventDefault()
    }

    // As open(), and the address says so.
    show(id) {
        this.open(id)
        try {
            history.replaceState(null, '', `#${id}`)
        } catch {
            // a page within another may have no address
        }
    }

    open(id) {
        for (const tab of this.tabs) {
            const is = tab.id === id
            tab.button.setAttribute('aria-selected', String(is))
            tab.button.setAttribute('tabindex', is ? 0 : -1)
            tab.panel.hidden = !is
            if (is) this.tab = tab
        }
        byId('controls').hidden = !this.tab.shares
        byId('flame-controls').hidden = id !== 'flame'
        this.fill()
        if (id === 'flame') this.flame?.catchUp()
        if (id === 'timeline') this.timeline.redraw()
    }

    // Makes what the open tab shows, once for each value.
    fill() {
        const { tab } = this
        const wanted = tab.shares ? this.value.key : 'all'
        if (this.made.get(tab.id) === wanted) return
        this.made.set(tab.id, wanted)
        const toFunction = (number) => this.showFunction(number)
        const fillers = {
            flame: () => this.fillFlame(),
            functions: () => {
                const before = this.functionTable
                this.functionTable = tables.functionTable(this)
                this.functionTable.table.filterAs(before?.table)
                return [this.functionTable.element]
            },
            places: () => {
                const before = this.placeTable
                this.placeTable = tables.placeTable(this, toFunction)
                this.placeTable.table.filterAs(before?.table)
                return [this.placeTable.element]
            },
            leaks: () => [tables.leakTable(this, toFunction).element],
            locks: () => this.lockParts(toFunction),
            threads: () => [tables.threadTable(this, toFunction).element],
            timeline: () => {
                this.timeline = makeTimeline(this.data)
                return this.timeline.parts
            },
            problems: () => tables.problemCards(this.data, toFunction),
            nothing: () => [empty('This profile has nothing to show here: the summary says why.')]
        }
        const parts = fillers[tab.id]()
        if (parts) tab.panel.replaceChildren(...parts)
    }

    lockParts(toFunction) {
        const { locks, pairs, locksLeftOut } = this.data
        const parts = []
        const add = (has, title, make) => {
            if (!has) return
            if (parts.length) parts.push(element('h2', {}, title))
            parts.push(make().element)
        }
        add(
            locks.some((lock) => !lock.idle),
            'Locks',
            () => tables.lockTable(this, false, toFunction)
        )
        add(
            pairs.some((pair) => !locks[pair.lock].idle),
            'Who waits behind whom',
            () => tables.pairTable(this, toFunction)
        )
        add(
            locks.some((lock) => lock.idle),
            'Waits for conditions, barriers, joins',
            () => tables.lockTable(this, true, toFunction)
        )
        if (locksLeftOut) {
            parts.push(
                element(
                    'p',
                    { class: 'more' },
                    `… ${units.plural(locksLeftOut, 'more lock')} that waited less`
                )
            )
        }
        return parts
    }

    // --- the flame graph

    fillFlame() {
        if (this.flame) {
            this.showFlame()
            return null
        }
        const graph = element('div', { id: 'graph' })
        this.flameDetails = element('aside', { class: 'details below', 'aria-live': 'polite' })
        this.tab.panel.replaceChildren(graph, this.flameDetails)
        this.flame = new Flame(graph, this)
        this.showFlame()
        return null
    }

    showFlame() {
        this.search()
        this.onZoom(this.flame.root) // which is 0 now where the value has nothing there
    }

    onZoom(node) {
        const number = this.data.trie.function[node]
        byId('reset').disabled = node === 0
        this.describeFunction(number)
        this.saySearch()
    }

    describeFunction(number) {
        const parts =
            number >= 0
                ? functionDetails(this, number, (other) => this.describeFunction(other))
                : [empty('Click a frame to zoom in and see its source. Hover for figures.')]
        this.flameDetails.replaceChildren(...parts)
    }

    // Where a function is named elsewhere: its row in the table of functions.
    showFunction(number) {
        if (!this.tabs.some((tab) => tab.id === 'functions')) return
        this.show('functions')
        this.functionTable.show(number)
    }

    // --- controls

    makeControls() {
        const select = byId('value')
        const titles = {
            heap: 'Heap',
            leaks: 'Leaks',
            block: 'Locks, by who waits',
            idle: 'Idle waits',
            mutex: 'Locks, by who holds',
            threads: 'Threads',
            cpu: 'CPU'
        }
        const groups = new Map()
        this.data.values.forEach((value, i) => {
            if (!groups.has(value.group)) {
                groups.set(
                    value.group,
                    element('optgroup', { label: titles[value.group] ?? value.group })
                )
                select.append(groups.get(value.group))
            }
            const change = this.data.process.difference
                ? `, ${value.formatChange(value.total - value.old)}`
                : ''
            groups
                .get(value.group)
                .append(
                    element(
                        'option',
                        { value: i, 'data-total': value.total },
                        `${value.title} (${value.format(value.total)}${change})`
                    )
                )
        })
        select.addEventListener('change', () => this.setValue(Number(select.value)))
        byId('search').addEventListener('input', () => this.search())
        byId('reset').addEventListener('click', () => this.flame.reset())
        byId('direction').addEventListener('click', () => this.turn())
        byId('widths').hidden = !this.data.process.difference
        byId('widths').addEventListener('click', () => this.changeWidths())
        byId('digits').textContent = this.tabs.length > 1 ? `1 … ${this.tabs.length}` : '1'
        byId('help').addEventListener('click', () => this.showKeys())
        byId('close').addEventListener('click', () => byId('keys').close())
        window.addEventListener('hashchange', () => {
            const tab = this.tabs.find((each) => `#${each.id}` === location.hash)
            if (tab) this.open(tab.id)
        })
    }

    setValue(number) {
        this.value = this.data.values[number]
        this.fill()
    }

    turn() {
        this.flame.icicle = !this.flame.icicle
        byId('direction').setAttribute('aria-pressed', String(!this.flame.icicle))
        this.flame.draw()
    }

    changeWidths() {
        this.flame.useOld = !this.flame.useOld
        byId('widths').setAttribute('aria-pressed', String(this.flame.useOld))
        this.flame.draw()
        this.saySearch()
    }

    repaint() {
        this.flame?.draw()
        this.timeline?.redraw()
    }

    // --- search

    // /…/ is a regular expression, else it is text; upper and lower case are the same.
    matcher(wanted) {
        const expression = wanted.match(/^\/(.+)\/$/)
        if (!expression) {
            const text = wanted.toLowerCase()
            return (each) => each.toLowerCase().includes(text)
        }
        try {
            const regular = new RegExp(expression[1], 'i')
            return (each) => regular.test(each)
        } catch {
            return null
        }
    }

    search() {
        const wanted = byId('search').value.trim()
        const matches = wanted ? this.matcher(wanted) : null
        byId('search').setAttribute('aria-invalid', String(Boolean(wanted) && !matches))
        this.matches = null
        if (matches) {
            this.matches = Uint8Array.from(this.data.functions, (each) =>
                matches(each.full) || matches(each.file) || matches(units.basename(each.module))
                    ? 1
                    : 0
            )
        }
        if (this.flame) this.flame.search(this.matches)
        this.saySearch()
    }

    saySearch() {
        const said = byId('matched')
        said.textContent = ''
        if (byId('search').getAttribute('aria-invalid') === 'true') {
            said.textContent = 'not a regular expression'
        } else if (this.matches && this.flame) {
            const { value, flame } = this
            const sum = flame.matched()
            const whole = flame.useOld ? value.old : value.total
            const count = value.functions.filter(
                (row) => this.matches[row.function.number] && (row.cum || row.oldCum)
            ).length
            said.textContent =
                `${units.plural(count, 'function')}, ${value.format(sum)} ` +
                `(${units.share(sum, whole)})`
        }
    }

    // --- keys

    showKeys() {
        byId('keys').showModal()
        byId('keys').focus()
    }

    startKeys() {
        document.addEventListener('keydown', (event) => {
            if (event.ctrlKey || event.metaKey || event.altKey || byId('keys').open) return
            const typing = event.target.matches('input, select, textarea')
            if (event.key === 'Escape') this.escape(event)
            else if (!typing && this.command(event.key)) event.preventDefault()
        })
    }

    escape(event) {
        const search = byId('search')
        if (event.target === search && search.value) {
            search.value = ''
            this.search()
        } else {
            if (this.tab.id === 'flame') this.flame?.reset()
            if (event.target === search) search.blur()
        }
    }

    command(key) {
        const number = Number(key)
        if (key === '?') this.showKeys()
        else if (key === '/') this.focusSearch()
        else if (key === 't') byId('theme').click()
        else if (key === 'i' && this.tab.id === 'flame') this.turn()
        else if (number >= 1 && number <= this.tabs.length) this.show(this.tabs[number - 1].id)
        else return false
        return true
    }

    focusSearch() {
        if (this.tab.id === 'flame') byId('search').focus()
        else this.tab.panel.querySelector('input[type=search]')?.focus()
    }
}

try {
    new Report(readData()).start()
} catch (error) {
    document.documentElement.dataset.ready = 'false'
    byId('panels').append(empty(`The profile in this page can't be shown: ${error.message}`))
    throw error
}
