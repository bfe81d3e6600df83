// SPDX-License-Identifier: MIT
//
// timeline.js - figures over the time of the run as lines, and a bar for each thread's life.
import { element, empty, visible } from './dom.js'
import * as units from './units.js'

const HEIGHT = 150
const LEFT = 72
const BOTTOM = 22
const TOP = 8
const POINTS_MAX = 1200
const LANES_MAX = 200
const TICK_PIXELS = 90 // between the words below a chart, at least

// --- lines

// So many that each pixel has its largest and its smallest, and its last: that one holds.
function thin(points) {
    if (points.length <= POINTS_MAX) return points
    const step = Math.ceil((3 * points.length) / POINTS_MAX)
    const kept = []
    for (let i = 0; i < points.length; i += step) {
        const part = points.slice(i, i + step)
        const low = part.reduce((a, b) => (b[1] < a[1] ? b : a))
        const high = part.reduce((a, b) => (b[1] > a[1] ? b : a))
        kept.push(...(low[0] <= high[0] ? [low, high] : [high, low]), part[part.length - 1])
    }
    return kept
}

function at(points, time) {
    let low = 0
    let high = points.length
    while (low < high) {
        const middle = (low + high) >> 1
        if (points[middle][0] <= time) low = middle + 1
        else high = middle
    }
    return points[Math.max(0, low - 1)]?.[1]
}

// A round number, so that `count` of it are at least `largest`.
function roundStep(largest, count, unit) {
    if (largest <= 0) return 1
    const base = unit === 'bytes' ? 1024 ** Math.floor(Math.log(largest) / Math.log(1024)) : 1
    const size = largest / base / count
    const power = 10 ** Math.floor(Math.log10(size))
    const step = ([1, 2, 5].find((each) => each * power >= size) ?? 10) * power
    return Math.max(unit === 'nanoseconds' ? 0 : 1 / base, step, unit === 'count' ? 1 : 0) * base
}

function largestOf(lines) {
    let largest = 0
    for (const { points } of lines)
        for (const [, value] of points) largest = Math.max(largest, value)
    return largest
}

// lines: {title, name of a CSS class, points of [time, value], which hold until the next, end: the
// last time that is known, most: what was seen between the points}
class Chart {
    constructor(title, unit, lines, duration) {
        Object.assign(this, { title, unit, lines, duration, cursor: null })
        this.step = roundStep(largestOf(lines), 4, unit)
        this.top = this.step * Math.max(1, Math.ceil(largestOf(lines) / this.step))
        this.read = element('p', { class: 'read', 'aria-live': 'polite' })
        this.plot = element('div', {
            class: 'plot',
            tabindex: 0,
            role: 'img',
            'aria-label': this.words(),
            onmousemove: (event) => this.point(event),
            onmouseleave: () => this.move(null),
            onkeydown: (event) => this.keydown(event)
        })
        this.element = element(
            'figure',
            { class: 'chart' },
            element(
                'figcaption',
                {},
                element('strong', {}, title),
                ...lines.map((line) =>
                    element('span', { class: `key ${line.name}` }, this.wordsOf(line))
                )
            ),
            this.plot,
            this.read
        )
        new ResizeObserver(() => this.draw()).observe(this.plot)
    }

    words() {
        return `${this.title}: ${this.lines.map((line) => this.wordsOf(line)).join('; ')}`
    }

    wordsOf(line) {
        if (line.name === 'peak') return line.title
        const seen = largestOf([line])
        const about = line.most >= seen ? (line.about ?? '') : ''
        const most = units.inUnit(Math.max(seen, line.most ?? 0), this.unit)
        return `${line.title}, at most ${about}${most}`
    }

    x(time) {
        return LEFT + (time / this.duration) * (this.width - LEFT - 8)
    }

    y(value) {
        return TOP + (1 - value / this.top) * (HEIGHT - TOP - BOTTOM)
    }

    path(line) {
        let path = ''
        for (const [time, value] of thin(line.points)) {
            const x = this.x(time).toFixed(1)
            const y = this.y(value).toFixed(1)
            path += path ? `H${x}V${y}` : `M${x},${y}`
        }
        return `${path}H${this.x(line.end ?? this.duration).toFixed(1)}`
    }

    valueOf(line, time) {
        const [first] = line.points[0]
        if (time < first || time > (line.end ?? this.duration)) return null
        return at(line.points, time)
    }

    draw() {
        this.width = this.plot.clientWidth
        if (!this.width) return
        const svg = element('svg', { width: this.width, height: HEIGHT, 'aria-hidden': 'true' })
        for (let value = 0; value <= this.top * 1.001; value += this.step) {
            const y = this.y(value)
            svg.append(
                element('line', { class: 'grid', x1: LEFT, x2: this.width - 8, y1: y, y2: y })
            )
            svg.append(
                element(
                    'text',
                    { x: LEFT - 8, y: y + 4, 'text-anchor': 'end' },
                    units.inUnit(value, this.unit)
                )
            )
        }
        const ticks = Math.max(1, Math.floor((this.width - LEFT) / TICK_PIXELS))
        const step = roundStep(this.duration, ticks, 'nanoseconds')
        for (let time = 0; time <= this.duration; time += step) {
            const isLast = this.width - this.x(time) < TICK_PIXELS / 2
            svg.append(
                element(
                    'text',
                    {
                        class: 'tick',
                        x: this.x(time),
                        y: HEIGHT - 5,
                        'text-anchor': time === 0 ? 'start' : isLast ? 'end' : 'middle'
                    },
                    time ? units.ns(time) : '0'
                )
            )
        }
        for (const line of this.lines) {
            svg.append(element('path', { class: `line ${line.name}`, d: this.path(line) }))
        }
        this.hair = element('line', {
            class: 'hair',
            y1: TOP,
            y2: HEIGHT - BOTTOM,
            visibility: 'hidden'
        })
        svg.append(this.hair)
        this.plot.replaceChildren(svg)
        this.move(this.cursor)
    }

    point(event) {
        const x = event.clientX - this.plot.getBoundingClientRect().left
        const time = ((x - LEFT) / (this.width - LEFT - 8)) * this.duration
        this.move(Math.min(this.duration, Math.max(0, time)))
    }

    keydown(event) {
        const step = { ArrowLeft: -0.01, ArrowRight: 0.01 }[event.key]
        if (!step) return
        const time = (this.cursor ?? 0) + step * this.duration
        this.move(Math.min(this.duration, Math.max(0, time)))
        event.preventDefault()
    }

    move(time) {
        this.cursor = time
        this.hair?.setAttribute('visibility', time === null ? 'hidden' : 'visible')
        this.read.textContent =
            time === null
                ? ''
                : `at ${units.ns(time)}: ` +
                  (this.lines
                      .filter((line) => this.valueOf(line, time) !== null)
                      .map(
                          (line) =>
                              `${line.title} ${units.inUnit(this.valueOf(line, time), this.unit)}`
                      )
                      .join(', ') || 'not known')
        if (time === null) return
        this.hair?.setAttribute('x1', this.x(time))
        this.hair?.setAttribute('x2', this.x(time))
    }
}

function series(rows, key) {
    return rows.filter((row) => row[key] >= 0).map((row) => [row.time_ns, row[key]])
}

// How much a sum grew from moment to moment, in a second: steps, from where each begins.
function rate(rows, key) {
    const points = []
    for (let i = 1; i < rows.length; i++) {
        const time = rows[i].time_ns - rows[i - 1].time_ns
        const grown = rows[i][key] - rows[i - 1][key]
        if (rows[i - 1][key] < 0 || rows[i][key] < 0) continue
        if (time > 0 && grown >= 0) points.push([rows[i - 1].time_ns, (grown * 1e9) / time])
    }
    return points
}

// The last moment that has a figure.
function lastTime(rows, key) {
    const known = rows.filter((row) => row[key] >= 0)
    return known.length ? known[known.length - 1].time_ns : undefined
}

// When a thread was all over; -1: never.
function settledTime(thread) {
    if (thread.end_ns < 0 || thread.join === 'leaked') return -1
    return Math.max(thread.end_ns, thread.join_ns)
}

// Of all that is known of threads, every change; else what was there at some moments.
function threadSeries(data) {
    if (data.isFiltered || !data.threads.length) {
        return [series(data.threadCounts, 'alive'), series(data.threadCounts, 'unjoined')]
    }
    const changes = [] // [time, alive, not joined]
    for (const thread of data.threads) {
        if (thread.start_ns < 0) continue
        const settled = settledTime(thread)
        changes.push([thread.start_ns, 1, 0])
        if (thread.end_ns >= 0) changes.push([thread.end_ns, -1, 1])
        if (settled >= 0) changes.push([settled, 0, -1])
    }
    changes.sort((a, b) => a[0] - b[0])
    const alive = []
    const unjoined = []
    let now = [0, 0]
    changes.forEach(([time, more, ended], i) => {
        now = [now[0] + more, now[1] + ended]
        if (i + 1 < changes.length && changes[i + 1][0] === time) return
        alive.push([time, now[0]])
        unjoined.push([time, now[1]])
    })
    return [alive, unjoined]
}

function charts(data) {
    const { timeline, duration, peak } = data
    const some = (points) => points.some((point) => point[1] > 0)
    const made = []
    const add = (title, unit, lines) => {
        const shown = lines.filter((line) => some(line.points))
        if (shown.length) made.push(new Chart(title, unit, shown, duration))
    }
    const line = (title, name, key) => ({
        title,
        name,
        points: series(timeline, key),
        end: lastTime(timeline, key)
    })
    const speed = (title, key) => ({
        title,
        name: 'first',
        points: rate(timeline, key),
        end: lastTime(timeline, key)
    })
    const live = { ...line('live', 'first', 'live_bytes'), most: peak.bytes, about: peak.about }
    const peakLine = {
        title: `peak ${peak.about}${units.bytes(peak.bytes)}, within this time`,
        name: 'peak',
        points: peak.after >= 0 ? [[peak.after, peak.bytes]] : [],
        end: peak.until >= 0 ? peak.until : duration
    }
    // with several threads only the highest so far is known
    const resident = data.rssIsHighest ? 'resident (with several threads: highest so far)' : 'resident'
    add('Memory', 'bytes', [live, line(resident, 'second', 'rss_bytes'), peakLine])
    add('Live blocks', 'count', [line('blocks', 'first', 'live_blocks')])
    add('Allocations per second', 'count', [speed('allocations', 'allocations')])
    add('Bytes allocated per second', 'bytes', [speed('bytes', 'allocated_bytes')])
    add('Waiting for locks, per second', 'nanoseconds', [speed('waited', 'lock_wait_ns')])
    add('CPU time per second', 'nanoseconds', [speed('CPU', 'cpu_ns')])
    const [alive, unjoined] = threadSeries(data)
    add('Threads', 'count', [
        { title: 'alive', name: 'first', points: alive, most: data.threadsPeak },
        { title: 'ended, not joined', name: 'second', points: unjoined }
    ])
    return made
}

// --- lives

const colourNames = {
    joined: '--joined',
    detached: '--detached',
    leaked: '--alarm',
    running: '--running'
}

// Each thread is in the first lane that is free when it starts.
function lanesOf(threads, duration) {
    const free = []
    const lives = []
    const sorted = threads
        .filter((thread) => thread.start_ns >= 0)
        .sort((a, b) => a.start_ns - b.start_ns)
    for (const thread of sorted) {
        const end = thread.end_ns >= 0 ? thread.end_ns : duration
        let lane = free.findIndex((time) => time <= thread.start_ns)
        if (lane < 0 && free.length < LANES_MAX) lane = free.length
        if (lane < 0) lane = free.indexOf(Math.min(...free))
        free[lane] = Math.max(free[lane] ?? 0, end)
        lives.push({ thread, lane, start: thread.start_ns, end })
    }
    return { lives, lanes: free.length }
}

class Lives {
    constructor(data) {
        this.duration = data.duration
        this.data = data
        Object.assign(this, lanesOf(data.threads, this.duration))
        this.height = this.lanes <= 40 ? 16 : this.lanes <= 100 ? 7 : 4
        this.canvas = element('canvas', {
            role: 'img',
            'aria-label':
                `Lives of ${units.plural(this.lives.length, 'thread')}; the ` +
                'table of threads has the same',
            onmousemove: (event) => this.point(event),
            onmouseleave: () => {
                this.read.textContent = ''
            }
        })
        this.read = element('p', { class: 'read' })
        const names = Object.keys(colourNames).filter((name) =>
            data.threads.some((thread) => thread.join === name)
        )
        this.element = element(
            'figure',
            { class: 'chart' },
            element(
                'figcaption',
                {},
                element('strong', {}, 'Lives of threads'),
                ...names.map((name) => element('span', { class: `key ${name}` }, name)),
                this.lanes >= LANES_MAX
                    ? element(
                          'span',
                          { class: 'where' },
                          `more than ${LANES_MAX} at once: some lie over others`
                      )
                    : null
            ),
            element('div', { class: 'lives' }, this.canvas),
            this.read
        )
        new ResizeObserver(() => this.draw()).observe(this.canvas.parentNode)
    }

    x(time) {
        return LEFT + (time / this.duration) * (this.width - LEFT - 8)
    }

    draw() {
        this.width = this.canvas.parentNode.clientWidth
        if (!this.width) return
        const scale = window.devicePixelRatio || 1
        const height = Math.max(1, this.lanes) * this.height
        this.canvas.width = this.width * scale
        this.canvas.height = height * scale
        this.canvas.style.width = `${this.width}px`
        this.canvas.style.height = `${height}px`
        const context = this.canvas.getContext('2d')
        context.scale(scale, scale)
        const style = getComputedStyle(document.documentElement)
        const colours = new Map(
            Object.entries(colourNames).map(([name, variable]) => [
                name,
                style.getPropertyValue(variable).trim()
            ])
        )
        const other = style.getPropertyValue('--soft').trim()
        for (const { thread, lane, start, end } of this.lives) {
            const x = this.x(start)
            context.fillStyle = colours.get(thread.join) ?? other
            context.fillRect(
                x,
                lane * this.height + 1,
                Math.max(1, this.x(end) - x),
                Math.max(2, this.height - 2)
            )
        }
    }

    point(event) {
        const box = this.canvas.getBoundingClientRect()
        const lane = Math.floor((event.clientY - box.top) / this.height)
        const x = event.clientX - box.left
        const near = this.lives.filter(
            (life) =>
                life.lane === lane &&
                x >= this.x(life.start) - 1 &&
                x <= Math.max(this.x(life.end), this.x(life.start) + 1) + 1
        )
        const one = near[0]
        const more = near.length > 1 ? `, and ${near.length - 1} more here` : ''
        this.read.textContent = one
            ? visible(
                  `thread ${one.thread.serial} ${one.thread.name}: ${units.ns(one.start)} to ` +
                      `${units.ns(one.end)}, ${one.thread.join || one.thread.exit}, made by ` +
                      `${this.data.placeText(this.data.place(one.thread.stack)) || 'the system'}${more}`
              )
            : ''
    }
}

export function makeTimeline(data) {
    const parts = charts(data)
    if (data.threads.some((thread) => thread.start_ns >= 0)) parts.push(new Lives(data))
    return {
        parts: parts.length
            ? parts.map((part) => part.element)
            : [empty('Nothing was recorded over time.')],
        redraw: () => parts.forEach((part) => part.draw())
    }
}
