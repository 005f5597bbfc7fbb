/** So many entries lie side by side at most. */
const widest = 32

/** Keys in order. A leaf has their values; a branch has nodes, each with keys not below its own. */
interface Node<Value> {
  readonly keys: readonly string[]
  readonly values?: readonly Value[]
  readonly nodes?: readonly Node<Value>[]
}

/**
 * A map from names to values of which every version stays as it is: to set a name gives another table, which shares with
 * this one all but the path to the name (a B-tree, copied along that path). So a fold over many entries costs the
 * logarithm of the size for each, where copying a record would cost the size. The names come in their order, whatever
 * the order in which they were set.
 */
export class Table<Value> {
  readonly size: number
  readonly #root: Node<Value>
  #reads = 0
  #index: Map<string, Value> | undefined
  #record: Readonly<Record<string, Value>> | undefined
  #entries: readonly (readonly [string, Value])[] | undefined

  private constructor(root: Node<Value>, size: number) {
    this.#root = root
    this.size = size
  }

  static empty<Value>(): Table<Value> {
    return new Table<Value>({ keys: [], values: [] }, 0)
  }

  /** A table of entries that are in the order of their names, each name once; `undefined` where they are not. */
  static of<Value>(entries: readonly (readonly [string, Value])[]): Table<Value> | undefined {
    if (entries.some(([key], at) => at > 0 && key <= (entries[at - 1]?.[0] ?? ''))) return undefined
    let nodes: Node<Value>[] = inRows(entries, row => ({
      keys: row.map(([key]) => key),
      values: row.map(([, value]) => value),
    }))
    while (nodes.length > 1) nodes = inRows(nodes, row => ({ keys: row.map(lowest), nodes: row }))
    return new Table(nodes[0] ?? { keys: [], values: [] }, entries.length)
  }

  get(key: string): Value | undefined {
    if (this.#index !== undefined) return this.#index.get(key)
    // What is read more often than it has entries is worth an index: it takes as long to make.
    if (++this.#reads > this.size) this.#index = new Map(this.entries())
    let node = this.#root
    while (node.nodes !== undefined) node = node.nodes[branchFor(node.keys, key)] as Node<Value>
    const at = placeOf(node.keys, key)
    return node.keys[at] === key ? node.values?.[at] : undefined
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }

  set(key: string, value: Value): Table<Value> {
    const size = this.size + (this.has(key) ? 0 : 1)
    const nodes = inserted(this.#root, key, value)
    return new Table(nodes.length === 1 ? (nodes[0] as Node<Value>) : { keys: nodes.map(lowest), nodes }, size)
  }

  delete(key: string): Table<Value> {
    return this.has(key) ? new Table(removed(this.#root, key), this.size - 1) : this
  }

  /** Every name with its value, in the order of the names. */
  entries(): readonly (readonly [string, Value])[] {
    if (this.#entries === undefined) {
      const found: [string, Value][] = []
      collect(this.#root, found)
      this.#entries = found
    }
    return this.#entries
  }

  keys(): string[] {
    return this.entries().map(([key]) => key)
  }

  /** The same as a plain object; it is made when somebody first asks for it. */
  get record(): Readonly<Record<string, Value>> {
    this.#record ??= Object.freeze(Object.fromEntries(this.entries()))
    return this.#record
  }
}

/** Something made of each so many that lie side by side. */
function inRows<Of, Made>(all: readonly Of[], make: (row: readonly Of[]) => Made): Made[] {
  const made: Made[] = []
  for (let from = 0; from < all.length; from += widest) made.push(make(all.slice(from, from + widest)))
  return made
}

const lowest = (node: Node<unknown>): string => node.keys[0] ?? ''

/** How many of the keys are below this one. */
function placeOf(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}

/** The last node that does not begin above the key, and the first where all do. */
function branchFor(keys: readonly string[], key: string): number {
  const at = placeOf(keys, key)
  return keys[at] === key ? at : Math.max(0, at - 1)
}

/** The node with a value set, or two of them where it has become too wide. */
const inserted = <Value>(node: Node<Value>, key: string, value: Value): Node<Value>[] =>
  node.nodes === undefined ? insertedInLeaf(node, key, value) : insertedInBranch(node.keys, node.nodes, key, value)

function insertedInLeaf<Value>({ keys, values = [] }: Node<Value>, key: string, value: Value): Node<Value>[] {
  const at = placeOf(keys, key)
  if (keys[at] === key) return [{ keys, values: values.with(at, value) }]
  const more = { keys: keys.toSpliced(at, 0, key), values: values.toSpliced(at, 0, value) }
  if (more.keys.length <= widest) return [more]
  const half = more.keys.length >> 1
  return [
    { keys: more.keys.slice(0, half), values: more.values.slice(0, half) },
    { keys: more.keys.slice(half), values: more.values.slice(half) },
  ]
}

function insertedInBranch<Value>(
  lows: readonly string[],
  nodes: readonly Node<Value>[],
  key: string,
  value: Value,
): Node<Value>[] {
  const at = branchFor(lows, key)
  const [first, second] = inserted(nodes[at] as Node<Value>, key, value) as [Node<Value>, Node<Value>?]
  const keys = key < (lows[at] as string) ? lows.with(at, key) : lows
  if (second === undefined) return [{ keys, nodes: nodes.with(at, first) }]
  const more = { keys: keys.toSpliced(at + 1, 0, lowest(second)), nodes: nodes.toSpliced(at, 1, first, second) }
  if (more.keys.length <= widest) return [more]
  const half = more.keys.length >> 1
  return [
    { keys: more.keys.slice(0, half), nodes: more.nodes.slice(0, half) },
    { keys: more.keys.slice(half), nodes: more.nodes.slice(half) },
  ]
}

/** The node without a key that is in it. A node that has become narrow, or empty, stays where it is. */
function removed<Value>(node: Node<Value>, key: string): Node<Value> {
  if (node.nodes === undefined) {
    const at = placeOf(node.keys, key)
    return { keys: node.keys.toSpliced(at, 1), values: (node.values ?? []).toSpliced(at, 1) }
  }
  const at = branchFor(node.keys, key)
  return { keys: node.keys, nodes: node.nodes.with(at, removed(node.nodes[at] as Node<Value>, key)) }
}

function collect<Value>({ keys, values, nodes }: Node<Value>, into: [string, Value][]): void {
  if (nodes !== undefined) for (const node of nodes) collect(node, into)
  else for (const [at, key] of keys.entries()) into.push([key, values?.[at] as Value])
}
