// SPDX-License-Identifier: MIT
//
// data.js - the profile in the page (report/html/html_page.h has its layout), and what is computed
// of it: a trie of functions, and for each value what its nodes, functions and lines have. Parents
// come before their children in every trie, so sums are loops, and no depth is a problem.
import * as units from './units.js'

const INLINED = 1
const RUNTIME = 2
const MARKER = 4

function objects(table, strings, textColumns) {
    if (!table) return []
    return table.rows.map((row) => {
        const object = {}
        table.columns.forEach((name, i) => {
            object[name] = textColumns.includes(name) ? (strings[row[i]] ?? '') : row[i]
        })
        return object
    })
}

function readFrames(table, strings) {
    const frames = objects(table, strings, ['name', 'function', 'file', 'module'])
    for (const frame of frames) {
        frame.inlined = (frame.flags & INLINED) !== 0
        frame.runtime = (frame.flags & RUNTIME) !== 0
        frame.marker = (frame.flags & MARKER) !== 0
        frame.name = frame.name || `0x${frame.offset.toString(16)}`
        frame.where = frame.file
            ? units.basename(frame.file) + (frame.line > 0 ? `:${frame.line}` : '')
            : units.basename(frame.module)
    }
    return frames
}

// As pprof tells functions apart: by name, file and module.
function nameFunctions(frames) {
    const numbers = new Map()
    const functions = []
    for (const frame of frames) {
        const key = `${frame.function || frame.name}\0${frame.file}\0${frame.module}`
        if (!numbers.has(key)) {
            numbers.set(key, functions.length)
            functions.push({
                name: frame.name,
                full: frame.function || frame.name,
                module: frame.module,
                file: frame.file,
                line: frame.line,
                runtime: frame.runtime || frame.marker,
                frames: []
            })
        }
        frame.functionNumber = numbers.get(key)
        functions[frame.functionNumber].frames.push(frame)
    }
    for (const each of functions)
        each.where = each.file ? units.basename(each.file) : units.basename(each.module)
    return functions
}

// Nodes whose functions are the same below the same parent become one.
function makeFunctionTrie(data) {
    const { parent, frame } = data.nodes
    const count = parent.length
    const known = new Map()
    const functionCount = data.functions.length + 1
    const trie = { parent: [0], function: [-1], frame: [-1], ofNode: new Int32Array(count) }
    for (let node = 1; node < count; node++) {
        const above = trie.ofNode[parent[node]]
        const number = data.frames[frame[node]].functionNumber
        const key = above * functionCount + number
        let found = known.get(key)
        if (found === undefined) {
            found = trie.parent.length
            known.set(key, found)
            trie.parent.push(above)
            trie.function.push(number)
            trie.frame.push(frame[node])
        }
        trie.ofNode[node] = found
    }
    return trie
}

// Children as lists: first[node], next[child]; 0 ends them.
function linkChildren(parent) {
    const first = new Int32Array(parent.length)
    const next = new Int32Array(parent.length)
    for (let node = parent.length - 1; node > 0; node--) {
        next[node] = first[parent[node]]
        first[parent[node]] = node
    }
    return { first, next }
}

// Which nodes have no ancestor of the same kind: only they count towards what the kind has with
// its callees, or recursion would count twice.
function findOutermost(parent, kinds, kindCount, { first, next }) {
    const outermost = new Uint8Array(parent.length)
    const open = new Int32Array(kindCount)
    let node = first[0]
    while (node) {
        outermost[node] = open[kinds[node]]++ === 0 ? 1 : 0
        if (first[node]) {
            node = first[node]
            continue
        }
        for (; node; node = parent[node]) {
            open[kinds[node]]--
            if (next[node]) break
        }
        node = node ? next[node] : 0
    }
    return outermost
}

// The innermost frame that is the user's own, else the innermost.
function findUserFrames({ parent, frame }, frames) {
    const user = new Int32Array(parent.length).fill(-1)
    const leaf = new Int32Array(parent.length).fill(-1)
    for (let node = 1; node < parent.length; node++) {
        const own = frames[frame[node]]
        user[node] = own.runtime || own.marker ? user[parent[node]] : frame[node]
        leaf[node] = user[node] < 0 ? frame[node] : user[node]
    }
    return leaf
}

function sumUp(self, parent) {
    const total = Float64Array.from(self)
    for (let node = parent.length - 1; node > 0; node--) total[parent[node]] += total[node]
    return total
}

export class Value {
    constructor(data, raw) {
        const { strings } = data
        for (const key of ['view', 'type', 'group', 'title', 'help', 'unit']) {
            this[key] = strings[raw[key]]
        }
        this.data = data
        this.key = `${this.group}.${this.type}.${this.view}`
        this.total = raw.total
        this.old = raw.old ?? 0
        this.samples = raw.samples.rows
        this.estimated = data.process.estimated && ['heap', 'leaks'].includes(this.group)
    }

    format(value) {
        return (this.estimated && value ? '~' : '') + units.inUnit(value, this.unit)
    }

    formatChange(value) {
        return (this.estimated && value ? '~' : '') + units.signed(value, this.unit)
    }

    // Values of nodes: what they have themselves, and with what is inside them.
    get nodes() {
        this.nodesMade ??= this.sumOver(this.data.nodes.parent, null)
        return this.nodesMade
    }

    get trie() {
        this.trieMade ??= this.sumOver(this.data.trie.parent, this.data.trie.ofNode)
        return this.trieMade
    }

    sumOver(parent, numbers) {
        const self = new Float64Array(parent.length)
        const oldSelf = this.data.process.difference ? new Float64Array(parent.length) : null
        for (const sample of this.samples) {
            const node = numbers ? numbers[sample[0]] : sample[0]
            self[node] += sample[1]
            if (oldSelf) oldSelf[node] += sample[2]
        }
        return {
            self,
            total: sumUp(self, parent),
            oldSelf,
            oldTotal: oldSelf && sumUp(oldSelf, parent)
        }
    }

    // What each function has: flat, and with its callees.
    get functions() {
        if (this.functionsMade) return this.functionsMade
        const { trie, functions, outermost } = this.data
        const { self, total, oldSelf, oldTotal } = this.trie
        const rows = functions.map((each) => ({
            function: each,
            flat: 0,
            cum: 0,
            oldFlat: 0,
            oldCum: 0
        }))
        for (let node = 1; node < trie.parent.length; node++) {
            const row = rows[trie.function[node]]
            row.flat += self[node]
            if (oldSelf) row.oldFlat += oldSelf[node]
            if (!outermost[node]) continue
            row.cum += total[node]
            if (oldTotal) row.oldCum += oldTotal[node]
        }
        this.functionsMade = rows
        return rows
    }
}

export class Data {
    constructor(raw) {
        const { strings } = raw
        this.strings = strings
        this.process = { ...raw.process }
        for (const key of [
            'program',
            'command',
            'exe',
            'profile',
            'old_profile',
            'state',
            'version',
            'view',
            'focus',
            'ignore'
        ]) {
            this.process[key] = strings[raw.process[key]] ?? ''
        }
        this.summary = (raw.summary ?? []).map(([label, wrong, text]) => ({
            label: strings[label],
            wrong: wrong !== 0,
            text: strings[text]
        }))
        this.comparison = (raw.comparison ?? []).map((line) => strings[line])
        this.frames = readFrames(raw.frames, strings)
        this.functions = nameFunctions(this.frames)
        this.nodes = raw.nodes
        this.trie = makeFunctionTrie(this)
        this.children = linkChildren(this.trie.parent)
        this.outermost = findOutermost(
            this.trie.parent,
            this.trie.function,
            this.functions.length,
            this.children
        )
        this.userFrames = findUserFrames(this.nodes, this.frames)
        this.values = raw.values.map((value) => new Value(this, value))
        this.readTables(raw, strings)
    }

    readTables(raw, strings) {
        this.leaks = objects(raw.leaks, strings, ['class', 'suppressed'])
        this.wrongFrees = objects(raw.wrong_frees, strings, [
            'kind',
            'allocated_by',
            'freed_by',
            'suppressed'
        ])
        this.locks = objects(raw.locks, strings, ['name', 'kind'])
        this.locksLeftOut = raw.locks_left_out ?? 0
        this.waiters = objects(raw.waiters, strings, [])
        this.holders = objects(raw.holders, strings, [])
        this.pairs = objects(raw.pairs, strings, [])
        this.order = (raw.order ?? []).map((cycle) => this.readCycle(cycle))
        this.lockMisuses = objects(raw.lock_misuses, strings, ['kind', 'lock', 'lock_kind'])
        this.threads = objects(raw.threads, strings, ['name', 'exit', 'join'])
        this.threadCounts = objects(raw.thread_counts, strings, [])
        this.threadsPeak = raw.threads_peak ?? 0
        this.rssIsHighest = Boolean(raw.rss_is_highest)
        this.timeline = objects(raw.timeline, strings, [])
        this.peak = {
            bytes: raw.peak_bytes ?? 0,
            about: raw.peak_about ? '~' : '',
            after: raw.peak_after_ns ?? -1,
            until: raw.peak_until_ns ?? -1
        }
        this.sources = new Map(
            raw.sources.map(([file, path, ...ranges]) => [
                strings[file],
                {
                    path: strings[path],
                    ranges: ranges.map(([first, ...lines]) => ({
                        first,
                        lines: lines.map((line) => strings[line])
                    }))
                }
            ])
        )
    }

    readCycle(cycle) {
        const { strings } = this
        return {
            ...cycle,
            kind: strings[cycle.kind],
            why: strings[cycle.why] ?? '',
            locks: cycle.locks.map((lock) => strings[lock]),
            edges: cycle.edges.map((edge) => ({
                ...edge,
                from: strings[edge.from],
                to: strings[edge.to]
            }))
        }
    }

    // Innermost first.
    stack(node) {
        const frames = []
        for (; node; node = this.nodes.parent[node]) {
            frames.push(this.frames[this.nodes.frame[node]])
        }
        return frames
    }

    // The frame a stack stands for in a table; undefined: there is no stack.
    place(node) {
        return this.frames[this.userFrames[node]]
    }

    placeText(frame) {
        if (!frame) return ''
        return frame.where ? `${frame.name} (${frame.where})` : frame.name
    }

    get isFiltered() {
        return Boolean(this.process.focus || this.process.ignore)
    }

    // Whether anything is known of when.
    get hasTimes() {
        return (
            this.timeline.length > 0 ||
            this.threadCounts.length > 0 ||
            (!this.process.profiles && this.threads.some((thread) => thread.start_ns >= 0))
        )
    }

    get duration() {
        const last = (rows) => (rows.length ? rows[rows.length - 1].time_ns : 0)
        return Math.max(this.process.duration_ns, last(this.timeline), last(this.threadCounts), 1)
    }

    // Lines of a function: what the value has in each, by file.
    lines(number, value) {
        const files = new Map()
        const { parent, frame } = this.nodes
        const { self, total, oldSelf, oldTotal } = value.nodes
        for (let node = 1; node < parent.length; node++) {
            const at = this.frames[frame[node]]
            if (at.functionNumber !== number || !at.file || at.line <= 0) continue
            if (!files.has(at.file)) files.set(at.file, new Map())
            const lines = files.get(at.file)
            const line = lines.get(at.line) ?? { flat: 0, cum: 0, oldFlat: 0, oldCum: 0 }
            line.flat += self[node]
            line.oldFlat += oldSelf ? oldSelf[node] : 0
            if (!this.isBelowSame(node, at)) {
                line.cum += total[node]
                line.oldCum += oldTotal ? oldTotal[node] : 0
            }
            lines.set(at.line, line)
        }
        return files
    }

    // Whether an outer frame is at the same line of the same function.
    isBelowSame(node, at) {
        const { parent, frame } = this.nodes
        for (let outer = parent[node]; outer; outer = parent[outer]) {
            const other = this.frames[frame[outer]]
            if (other.functionNumber === at.functionNumber && other.line === at.line) return true
        }
        return false
    }

    // The functions around one, with what of the value they share with it: [callers, callees].
    neighbours(number, value) {
        const callers = new Map()
        const callees = new Map()
        const { trie, outermost } = this
        const { total } = value.trie
        const add = (map, key, amount) => map.set(key, (map.get(key) ?? 0) + amount)
        for (let node = 1; node < trie.parent.length; node++) {
            const above = trie.parent[node]
            if (trie.function[node] === number && outermost[node] && above) {
                add(callers, trie.function[above], total[node])
            }
            if (above && trie.function[above] === number && trie.function[node] !== number) {
                add(callees, trie.function[node], total[node])
            }
        }
        return [callers, callees].map((map) =>
            [...map]
                .filter(([, amount]) => amount !== 0)
                .sort((a, b) => b[1] - a[1])
                .map(([key, amount]) => ({ function: this.functions[key], number: key, amount }))
        )
    }
}

export function readData() {
    const element = document.getElementById('profile')
    const data = new Data(JSON.parse(element.textContent))
    element.remove()
    return data
}
