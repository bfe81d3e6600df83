// SPDX-License-Identifier: MIT
//
// flame.js - the flame graph. d3-flame-graph draws; which nodes it gets, zoom, search, colours,
// tooltip and the keyboard are ours, for it is given only what is wide enough to be seen.
import flamegraph from 'd3-flame-graph/src/flamegraph.js'
import { select } from 'd3-selection'
import 'd3-transition'
import { element, empty, visible } from './dom.js'
import { flameTree } from './flame_tree.js'
import { isDark } from './theme.js'
import * as units from './units.js'

const CELL = 20
const PADDING = 8 // of style.css, beside the graph
const CALLERS_SHOWN = 2 // of a frame that was zoomed in to
const MATCH = { light: '#d4b3ff', dark: '#7b46c9' }

function hashOf(text) {
    let hash = 2166136261
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619)
    return (hash >>> 0) / 4294967296
}

function hsl(hue, saturation, lightness) {
    return `hsl(${Math.round(hue)} ${Math.round(saturation)}% ${Math.round(lightness)}%)`
}

export class Flame {
    // `report` has data, value; onFocus(function number) is called when a frame is chosen.
    constructor(container, report) {
        this.container = container
        this.report = report
        this.root = 0
        this.icicle = true
        this.useOld = false
        this.current = 0
        this.tip = element('div', { class: 'tip', hidden: true, 'aria-hidden': 'true' })
        document.body.append(this.tip)
        container.addEventListener('click', (event) => this.click(event), true)
        container.addEventListener('keydown', (event) => this.keydown(event))
        container.addEventListener('mousemove', (event) => this.moveTip(event))
        container.addEventListener('focusout', () => {
            this.tip.hidden = true
        })
        new ResizeObserver(() => this.resize()).observe(container)
    }

    get width() {
        return Math.max(this.container.clientWidth - 2 * PADDING, 200)
    }

    get widths() {
        const { trie } = this.report.value
        return this.useOld && trie.oldTotal ? trie.oldTotal : trie.total
    }

    // What changed while the graph was not in sight.
    catchUp() {
        if (this.isStale) this.draw()
    }

    resize() {
        if (this.drawnWidth && Math.abs(this.width - this.drawnWidth) > 1) this.draw()
    }

    // --- drawing

    draw() {
        const { data, value } = this.report
        this.isStale = this.container.clientWidth === 0
        if (!value || this.isStale) return
        if (this.widths[this.root] <= 0) this.root = 0
        if (this.widths[0] <= 0) {
            this.chart?.destroy()
            this.chart = null
            this.container.replaceChildren(
                empty(
                    `There is nothing of this ${
                        this.useOld ? 'before' : 'any more: “before” shows what there was'
                    }.`
                )
            )
            return
        }
        this.container.querySelector('.empty')?.remove()
        this.tree = flameTree(data, value, this.widths, this.root)
        this.findMatches()
        this.drawTree()
        if (this.width !== this.drawnWidth) this.drawTree() // a scrollbar has come or gone
        this.scroll()
    }

    drawTree() {
        this.drawnWidth = this.width
        this.chart?.destroy()
        this.chart = this.makeChart()
        select(this.container).datum(this.tree).call(this.chart)
        this.label()
    }

    // To the frame that is as wide as the graph, when that is another than before.
    scroll() {
        const shown = `${this.root} ${this.icicle} ${this.report.value.key} ${this.useOld}`
        if (shown === this.scrolledTo) return
        this.scrolledTo = shown
        const frame = this.frameOf(this.root)
        if (!frame) return
        const box = this.container.getBoundingClientRect()
        const { top, bottom } = frame.getBoundingClientRect()
        const above = CALLERS_SHOWN * CELL
        if (this.icicle) this.container.scrollTop += top - box.top - PADDING - above
        else this.container.scrollTop += bottom - box.bottom + PADDING + above
    }

    makeChart() {
        const tip = () => {}
        tip.show = (d) => this.showTip(d.data)
        tip.hide = () => {
            this.tip.hidden = true
        }
        return flamegraph()
            .width(this.width)
            .cellHeight(CELL)
            .transitionDuration(0)
            .inverted(this.icicle)
            .sort(false)
            .selfValue(false)
            .getName((d) => visible(d.data.name))
            .getValue((d) => d.value)
            .setLabelHandler((d) => d.data.name)
            .setDetailsHandler(() => {})
            .setColorMapper((d) => this.colour(d.data))
            .tooltip(tip)
    }

    // What the library would do step by step is done at once: nothing moves, and a page that is not
    // in sight is complete.
    finish(svg) {
        select(svg).selectAll('*').interrupt()
        for (const frame of svg.querySelectorAll('g.frame')) {
            frame.querySelector('rect').setAttribute('width', frame.getAttribute('width'))
            frame.querySelector('div').textContent = visible(frame.__data__.data.name)
        }
    }

    label() {
        const svg = this.container.querySelector('svg')
        this.finish(svg)
        svg.setAttribute('role', 'tree')
        svg.setAttribute('aria-label', `Flame graph of ${this.report.value.title}`)
        svg.querySelector('.title')?.remove()
        const frames = svg.querySelectorAll('g.frame')
        const depths = [...frames].map((frame) => frame.__data__.depth)
        const height = (Math.max(...depths) + 1) * CELL
        if (this.icicle) svg.setAttribute('height', height)
        for (const frame of frames) {
            const { data, depth } = frame.__data__
            frame.setAttribute('role', 'treeitem')
            frame.setAttribute('aria-level', depth + 1)
            frame.setAttribute('aria-label', `${visible(data.name)}, ${this.amount(data)}`)
            frame.setAttribute('tabindex', data.node === this.root ? 0 : -1)
            frame.classList.toggle('match', Boolean(data.match))
        }
    }

    // --- words and colours

    amount(node) {
        const { value } = this.report
        const whole = this.useOld ? value.old : value.total
        const text = `${value.format(node.value)} (${units.share(node.value, whole)})`
        return node.change === undefined ? text : `${text}, ${value.formatChange(node.change)}`
    }

    colour(node) {
        const dark = isDark()
        if (node.match) return MATCH[dark ? 'dark' : 'light']
        if (node.change !== undefined) return this.changeColour(node, dark)
        if (node.node <= 0) return dark ? '#3a3f47' : '#e3e5e8'
        const { data } = this.report
        const each = data.functions[node.function]
        const hash = hashOf(each.full)
        if (each.runtime) return dark ? hsl(215, 9, 27 + 7 * hash) : hsl(215, 16, 82 + 7 * hash)
        const hue = 22 + 26 * hashOf(each.module) + 8 * hash
        return dark ? hsl(hue, 45, 23 + 6 * hash) : hsl(hue, 85, 72 + 9 * hash)
    }

    // Red grew, blue shrank: the more of what is shown, the stronger.
    changeColour(node, dark) {
        const whole = Math.max(this.report.value.total, this.report.value.old, 1)
        const own = Math.abs(node.change) / Math.max(node.value, Math.abs(node.change), 1)
        const strength =
            node.change === 0
                ? 0
                : Math.min(1, 0.25 + 0.5 * own + (2 * Math.abs(node.change)) / whole)
        const hue = node.change > 0 ? 4 : 212
        if (strength === 0) return dark ? '#3a3f47' : '#e3e5e8'
        return dark
            ? hsl(hue, 20 + 45 * strength, 30 + 10 * strength)
            : hsl(hue, 55 + 30 * strength, 92 - 24 * strength)
    }

    // --- tooltip

    showTip(node) {
        const { data, value } = this.report
        const lines = [element('strong', {}, visible(node.name))]
        const frame = node.node > 0 ? data.frames[data.trie.frame[node.node]] : null
        if (frame) {
            const where = [frame.where, units.basename(frame.module)]
            lines.push(
                element(
                    'div',
                    { class: 'where' },
                    visible(
                        [...new Set(where)].filter(Boolean).join(' · ') +
                            (node.inlined ? ' · inlined' : '')
                    )
                )
            )
        }
        lines.push(element('div', {}, `${this.amount(node)} of ${value.title}`))
        if (node.value >= 1000 && value.unit !== 'count') {
            const exact = value.estimated ? '~' : ''
            const unit = value.unit === 'bytes' ? 'bytes' : 'ns'
            lines.push(
                element('div', { class: 'where' }, `${exact}${units.count(node.value)} ${unit}`)
            )
        }
        if (node.node > 0) {
            lines.push(element('div', {}, `itself ${value.format(value.trie.self[node.node])}`))
        }
        if (node.rest) lines.push(element('div', {}, 'too narrow to draw: click to look inside'))
        this.tip.replaceChildren(...lines)
        this.tip.hidden = false
    }

    moveTip(event) {
        if (this.tip.hidden) return
        const { offsetWidth, offsetHeight } = this.tip
        const left = Math.min(event.clientX + 14, window.innerWidth - offsetWidth - 8)
        const below = event.clientY + 18
        const top =
            below + offsetHeight + 8 > window.innerHeight
                ? event.clientY - offsetHeight - 12
                : below
        this.tip.style.left = `${Math.max(left, 4)}px`
        this.tip.style.top = `${Math.max(top, 4)}px`
    }

    // --- zoom

    click(event) {
        const frame = event.target.closest?.('g.frame')
        if (!frame) return
        event.stopPropagation()
        this.choose(frame.__data__)
    }

    choose({ data, parent }) {
        this.tip.hidden = true
        if (data.rest) this.zoom(parent.data.node)
        else this.zoom(data.node)
    }

    // The root is 0.
    zoom(node) {
        const hadFocus = this.container.contains(document.activeElement)
        this.root = node
        this.draw()
        if (hadFocus) this.focus(this.frameOf(node))
        this.report.onZoom(node)
    }

    reset() {
        if (this.root !== 0) this.zoom(0)
    }

    // --- search

    // `matches` is a byte for each function; null: nothing is looked for.
    search(matches) {
        this.matches = matches
        this.draw()
    }

    // The drawn nodes that match, or stand for nodes that do.
    findMatches() {
        const { trie } = this.report.data
        const within = this.matches ? this.nodesWithMatches() : null
        const stack = [this.tree]
        for (let node; (node = stack.pop()); stack.push(...node.children)) {
            node.match =
                this.matches &&
                (node.rest
                    ? node.nodes.some((inner) => within[inner])
                    : node.node > 0 && this.matches[trie.function[node.node]] === 1)
        }
    }

    nodesWithMatches() {
        const { trie } = this.report.data
        const within = new Uint8Array(trie.parent.length)
        for (let node = trie.parent.length - 1; node > 0; node--) {
            if (this.matches[trie.function[node]]) within[node] = 1
            if (within[node]) within[trie.parent[node]] = 1
        }
        return within
    }

    // How much of the value is in what matches, of what is shown.
    matched() {
        const { trie } = this.report.data
        const width = this.widths
        const inside = new Uint8Array(trie.parent.length)
        let sum = 0
        for (let node = 1; node < trie.parent.length; node++) {
            const above = inside[trie.parent[node]]
            const is = this.matches[trie.function[node]]
            inside[node] = above | is
            if (is && !above) sum += width[node]
        }
        return sum
    }

    // --- keyboard

    frameOf(node) {
        return [...this.container.querySelectorAll('g.frame')].find(
            (frame) => frame.__data__.data.node === node
        )
    }

    focus(frame) {
        if (!frame) return
        this.container.querySelector('g.frame[tabindex="0"]')?.setAttribute('tabindex', -1)
        frame.setAttribute('tabindex', 0)
        frame.focus({ preventScroll: false })
    }

    // The figures of the frame that keys have led to.
    tell() {
        const frame = this.container.querySelector('g.frame:focus')
        if (!frame) return
        this.showTip(frame.__data__.data)
        const { left, top, width } = frame.getBoundingClientRect()
        this.moveTip({ clientX: left + Math.min(width / 2, 200), clientY: top })
    }

    keydown(event) {
        const frame = event.target.closest?.('g.frame')
        if (!frame || event.ctrlKey || event.metaKey || event.altKey) return
        const next = this.neighbour(frame.__data__, event.key)
        if (event.key === 'Enter' || event.key === ' ') this.choose(frame.__data__)
        else if (next) this.focus(this.domOf(next))
        else return
        this.tell()
        event.preventDefault()
    }

    domOf(d) {
        return [...this.container.querySelectorAll('g.frame')].find((frame) => frame.__data__ === d)
    }

    neighbour(d, key) {
        const inwards = this.icicle ? 'ArrowDown' : 'ArrowUp'
        const outwards = this.icicle ? 'ArrowUp' : 'ArrowDown'
        if (key === inwards) return d.children?.[0]
        if (key === outwards) return d.parent
        if (key !== 'ArrowLeft' && key !== 'ArrowRight') return null
        const step = key === 'ArrowRight' ? 1 : -1
        const siblings = d.parent?.children ?? []
        return siblings[siblings.indexOf(d) + step]
    }
}
