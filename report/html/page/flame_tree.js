// SPDX-License-Identifier: MIT
//
// flame_tree.js - the part of a trie that is worth drawing: what is wide enough, the widest first,
// and not more than a browser draws at once. What is left out of a parent is one node there.

const SHARE_MIN = 0.0005 // of what is shown
const NODES_MAX = 2500

// A heap of numbers by falling weight.
class Queue {
    constructor(weight) {
        this.weight = weight
        this.items = []
    }

    push(item) {
        const { items, weight } = this
        let at = items.push(item) - 1
        while (at > 0) {
            const above = (at - 1) >> 1
            if (weight[items[above]] >= weight[item]) break
            items[at] = items[above]
            at = above
        }
        items[at] = item
    }

    pop() {
        const { items, weight } = this
        const top = items[0]
        const item = items.pop()
        if (items.length === 0) return top
        let at = 0
        for (let below; (below = 2 * at + 1) < items.length; at = below) {
            if (below + 1 < items.length && weight[items[below + 1]] > weight[items[below]]) below++
            if (weight[items[below]] <= weight[item]) break
            items[at] = items[below]
        }
        items[at] = item
        return top
    }
}

// The nodes to draw below `root`, those of the path to it not counted.
function chooseNodes(data, width, root) {
    const { first, next } = data.children
    const chosen = new Set([root])
    const queue = new Queue(width)
    const least = Math.max(width[root] * SHARE_MIN, Number.MIN_VALUE)
    const offer = (parent) => {
        for (let child = first[parent]; child; child = next[child]) {
            if (width[child] >= least) queue.push(child)
        }
    }
    offer(root)
    while (queue.items.length && chosen.size < NODES_MAX) {
        const node = queue.pop()
        chosen.add(node)
        offer(node)
    }
    return chosen
}

function makeNode(data, tries, width, node) {
    const made = { node, value: width[node], children: [] }
    const number = data.trie.function[node]
    made.function = number
    made.name = number < 0 ? 'all' : data.functions[number].name
    made.inlined = number >= 0 && data.frames[data.trie.frame[node]].inlined
    if (tries.oldTotal) made.change = tries.total[node] - tries.oldTotal[node]
    return made
}

// `width` is the value that widths are made of, by node: of a difference the new or the old ones.
export function flameTree(data, value, width, root) {
    const tries = value.trie
    const chosen = chooseNodes(data, width, root)
    const { first, next } = data.children
    const made = new Map()
    const top = makeNode(data, tries, width, root)
    made.set(root, top)
    for (const node of chosen) {
        // parents are chosen before their children
        const parent = made.get(node)
        const left = { count: 0, value: 0, change: 0, nodes: [] }
        for (let child = first[node]; child; child = next[child]) {
            if (chosen.has(child)) {
                const below = makeNode(data, tries, width, child)
                made.set(child, below)
                parent.children.push(below)
            } else if (width[child] > 0) {
                left.count++
                left.value += width[child]
                left.nodes.push(child)
                if (tries.oldTotal) left.change += tries.total[child] - tries.oldTotal[child]
            }
        }
        parent.children.sort((a, b) => b.value - a.value)
        if (left.count) {
            parent.children.push({
                node: -1,
                rest: left.count,
                nodes: left.nodes,
                value: left.value,
                change: left.change,
                name: `… ${left.count} smaller`,
                children: []
            })
        }
    }
    return withAncestors(data, tries, width, root, top)
}

// Callers of the root are as wide as it is.
function withAncestors(data, tries, width, root, top) {
    let outer = top
    for (let node = root; node !== 0; ) {
        node = data.trie.parent[node]
        const above = makeNode(data, tries, width, node)
        above.fade = true
        above.children = [outer]
        outer = above
    }
    return outer
}
