import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  checkConsistency,
  checkInclusion,
  consistencyProof,
  cosign,
  decideCosigning,
  formatAddCheckpoint,
  formatNote,
  formatSignerKey,
  formatVerifierKey,
  inclusionProof,
  leafHash,
  openCheckpoint,
  parseAddCheckpoint,
  parseNote,
  parseSignerKey,
  parseVerifierKey,
  signCheckpoint,
  signerKey,
  Tree,
  verifierKeyOf,
  witnessKeyOf,
} from '@countersign/trail'
import { describe, expect, it } from 'vitest'
import { digits } from './shared.ts'

const folder = fileURLToPath(new URL('own-go/', import.meta.url))
const text = (path: string): string => readFileSync(`${folder}${path}`, 'utf8')
const json = <T>(path: string): T => JSON.parse(text(path)) as T

const keys = json<Record<string, string>>('keys.json')
const { roots } = json<{ roots: Record<string, string> }>('roots.json')
const record = (index: number): string => leafHash(new TextEncoder().encode(`record ${index}`))

const largest = Math.max(...Object.keys(roots).map(Number))
const leaves = Array.from({ length: largest }, (_, index) => record(index))
const log = parseVerifierKey(keys.log_vkey ?? '')
const witness = parseVerifierKey(keys.witness_vkey ?? '')
const open = (name: string): ReturnType<typeof openCheckpoint> =>
  openCheckpoint(readFileSync(`${folder}checkpoints/${name}`), { keys: [log, witness], origin: keys.origin ?? '' })

describe('the tree has the roots that Go computes', () => {
  it(`at each of the sizes up to ${largest} that it wrote down`, () => {
    const tree = new Tree()
    const seen: string[] = []
    for (let size = 0; size <= largest; size++) {
      const root = roots[size]
      if (root !== undefined) {
        expect(tree.root(), `size ${size}`).toBe(digits(root))
        seen.push(String(size))
      }
      if (size < largest) tree.append(leaves[size] ?? '')
    }
    expect(seen.length).toBe(Object.keys(roots).length)
  })
})

describe('proofs are the ones that Go makes', () => {
  interface Inclusion {
    readonly index: number
    readonly size: number
    readonly proof: readonly string[]
  }
  interface Consistency {
    readonly old: number
    readonly new: number
    readonly proof: readonly string[]
  }
  const rootAt = (size: number): string => digits(roots[size] ?? '')

  it('of inclusion, and they lead to the root', () => {
    for (const { index, size, proof } of json<Inclusion[]>('inclusion.json')) {
      const given = proof.map(digits)
      if (size <= 2000) expect(inclusionProof(index, size, leaves)).toEqual(given)
      checkInclusion({ leaf: record(index), index, size, proof: given }, rootAt(size))
    }
  })

  it('of inclusion in large trees', () => {
    const large = json<Inclusion[]>('inclusion.json').filter(({ size }) => size > 2000)
    for (const { index, size, proof } of large.slice(-2)) {
      expect(inclusionProof(index, size, leaves)).toEqual(proof.map(digits))
    }
  })

  it('of consistency, and they lead to both roots', () => {
    for (const { old, new: size, proof } of json<Consistency[]>('consistency.json')) {
      const given = proof.map(digits)
      if (size <= 2000) expect(consistencyProof(old, size, leaves)).toEqual(given)
      checkConsistency({ oldSize: old, oldRoot: rootAt(old), size, proof: given }, rootAt(size))
    }
  })
})

describe('keys are the ones that Go makes', () => {
  it('from the same seed, with the same id, in the same text', () => {
    const signer = signerKey(keys.origin ?? '', Uint8Array.from(Buffer.from(keys.log_seed_hex ?? '', 'hex')))
    expect(formatSignerKey(signer)).toBe(keys.log_skey)
    expect(formatVerifierKey(verifierKeyOf(signer))).toBe(keys.log_vkey)
    expect(signer.keyId).toBe(keys.log_key_id)
    expect(parseSignerKey(keys.log_skey ?? '')).toEqual(signer)
    expect(formatVerifierKey(witness)).toBe(keys.witness_vkey)
    expect(witness.algorithm).toBe('cosignature/v1')
  })
})

describe('checkpoints', () => {
  it('that Go signed are opened, and signed again they have the same bytes', () => {
    const signer = parseSignerKey(keys.log_skey ?? '')
    for (const size of [0, 1, 255, 256, 257, 300]) {
      const { checkpoint } = open(String(size))
      expect(checkpoint).toEqual({ origin: keys.origin, size, root: digits(roots[size] ?? '') })
      expect(signCheckpoint(checkpoint, signer)).toBe(text(`checkpoints/${size}`))
    }
  })

  it('with a witness’s cosignature say who saw them, and when', () => {
    const { checkpoint, witnesses } = open('300.cosigned')
    expect(checkpoint.size).toBe(300)
    expect(witnesses).toEqual([{ name: keys.witness_name, time: Number(keys.witness_time) }])
    expect(text('log-300/checkpoint')).toBe(text('checkpoints/300.cosigned'))
  })

  it('that are cosigned with the witness’s seed at its time have the bytes that Go wrote', () => {
    const seed = Uint8Array.from(Buffer.from(keys.witness_seed_hex ?? '', 'hex'))
    const signer = signerKey(keys.witness_name ?? '', seed)
    expect(formatVerifierKey(witnessKeyOf(signer))).toBe(keys.witness_vkey)
    const note = parseNote(text('checkpoints/300'))
    const line = cosign(note.text, signer, Number(keys.witness_time))
    expect(formatNote({ ...note, signatures: [...note.signatures, line] })).toBe(text('checkpoints/300.cosigned'))
  })

  it('of Go’s log are cosigned one after the other with Go’s proofs, and the fork is not', () => {
    let latest: { size: number; root: string } | undefined
    const ask = (name: string, oldSize: number) => {
      const given = json<{ old: number; new: number; proof: string[] }[]>('consistency.json')
      const size = Number(/\d+$/.exec(name)?.[0])
      const known = given.find(one => one.old === oldSize && one.new === size)?.proof.map(digits)
      const proof = oldSize === 0 || oldSize === size ? [] : (known ?? consistencyProof(oldSize, size, leaves))
      const body = formatAddCheckpoint({ oldSize, proof, note: text(`checkpoints/${name}`) })
      const decision = decideCosigning(parseAddCheckpoint(new TextEncoder().encode(body)), [log], latest)
      if (decision.status === 200) latest = decision.checkpoint
      return decision.status
    }
    const asked = [ask('1', 0), ask('255', 1), ask('256', 255), ask('257', 256), ask('300', 257), ask('fork-300', 300)]
    expect(asked).toEqual([200, 200, 200, 200, 200, 409])
  })

  it('of a fork have a good signature and another root', () => {
    const { checkpoint } = open('fork-300')
    expect(checkpoint.size).toBe(300)
    expect(checkpoint.root).not.toBe(digits(roots[300] ?? ''))
  })

  const bad: readonly (readonly [string, string])[] = [
    ['bad-crlf', 'control character'],
    ['bad-leading-zero', 'leading zeros'],
    ['bad-no-final-newline', 'newline'],
    ['bad-other-origin', 'vectors.example/other'],
    ['bad-root', 'does not hold'],
    ['bad-size', 'does not hold'],
    ['bad-trailing-space', 'leading zeros'],
    ['bad-two-lines', 'line 3'],
    ['extension-line', 'line 4'],
  ]
  for (const [name, message] of bad) {
    it(`that are bad are refused: ${name}`, () => {
      expect(() => open(name)).toThrow(message)
    })
  }
})

describe('a log of 300 entries', () => {
  it('has the leaf hashes, tiles and root that follow from its entries', () => {
    const lines = text('leaves-300.txt').trimEnd().split('\n')
    const hashes = lines.map(line => leafHash(new TextEncoder().encode(line)))
    expect(hashes).toEqual(leaves.slice(0, 300))
    const tiles = ['tile/0/000', 'tile/0/001.p/44'].map(path =>
      readFileSync(`${folder}log-300/${path}`).toString('hex'),
    )
    expect(tiles.join('')).toBe(hashes.join(''))
    const first = new Tree()
    for (const hash of hashes.slice(0, 256)) first.append(hash)
    expect(readFileSync(`${folder}log-300/tile/1/000.p/1`).toString('hex')).toBe(first.root())
  })

  it('proves its entry 123 against its checkpoint', () => {
    const [head = '', ...note] = text('leaf-123.tlog-proof').split('\n\n')
    const [, , ...proof] = head.split('\n')
    const { checkpoint } = openCheckpoint(note.join('\n\n'), { keys: [log, witness] })
    const leaf = leafHash(readFileSync(`${folder}leaf-123.bin`))
    checkInclusion({ leaf, index: 123, size: checkpoint.size, proof: proof.map(digits) }, checkpoint.root)
  })

  it('has in each full tile of 70,000 entries the leaf hashes that Go put there', () => {
    const tiles = json<{ path: string; bytes: number; sha256: string }[]>('tiles-70000.json')
    for (const { path, sha256 } of tiles.filter(({ path: name }) => /^tile\/0\/\d{3}$/.test(name)).slice(0, 40)) {
      const from = Number(path.slice(-3)) * 256
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => record(from + at)).join(''), 'hex')
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)
    }
  })
})
