import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteCache } from '@countersign/store-sqlite'
import { f0 } from '@countersign/testing'
import { fileOf, flipByte, linesOf, tear } from '@countersign/testing/tamper'
import { timestampRequest } from '@countersign/timestamp'
import * as trail from '@countersign/trail'
import { formatOpening, openingOf, parseOpening } from '@countersign/trail/store'
import { BundleChooser, BundleMaker, formatBundle, parseBundle, verifyBundle } from 'countersign/bundle'
import { Metrics } from 'countersign/metrics'
import { Population, SampleSheet } from 'countersign/sheet'
import { bytesVerdict, originIn, TrailVerifier, verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import * as edNode from '../../packages/trail/src/ed25519/node.ts'
import * as edPortable from '../../packages/trail/src/ed25519/portable.ts'
import * as newlineNode from '../../packages/trail/src/newline/node.ts'
import * as shaPortable from '../../packages/trail/src/sha256/portable.ts'

const { cosign, leafHash, signCheckpoint, signerKey, verifierKeyOf, witnessKeyOf } = trail

/** Hands bytes to what is called, as one kind of array or another. */
type As = (bytes: Uint8Array) => Uint8Array

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const seed = new Uint8Array(32).fill(7)
const signer = signerKey('trail.example/scenario', seed)
const witness = signerKey('witness.example', new Uint8Array(32).fill(9))
const { desk, store } = await f0()
const lines = await linesOf(store)
const note = signCheckpoint({ origin: signer.name, ...(await desk.head()) }, signer)
const checkpoint = trail.parseCheckpointText(trail.parseNote(note).text)
const { text } = trail.parseNote(note)
const { bytes: cosigned } = cosign(text, witness, 1_700_000_000)
/** As it is, and with the sign of its R turned over: the second is no signature. */
const signatures = [cosigned, cosigned.with(39, (cosigned[39] as number) ^ 0x80)]
const keys = [verifierKeyOf(signer), witnessKeyOf(witness)]
/** The sign bit is set in some and not in others. */
const publicKeys = Array.from({ length: 8 }, (_, at) => edNode.ed25519PublicKey(new Uint8Array(32).fill(at)))
const leaves = lines.map(leafHash)
const tile = trail.encodeHashTile(leaves.slice(0, 3))
const entryTile = trail.encodeEntries(lines.slice(0, 3))
const bundle = bundleOf(bytes => bytes)()
const place = { stream: 'change/K', id: 'a', field: 'account' }
const opening = formatOpening(openingOf('x', seed, place))

/** The lines that a witness answers with. */
const answerOf = (one: trail.NoteSignature): string =>
  trail.formatNote({ text, signatures: [one] }).slice(text.length + 1)

function bundleOf(as: As): () => Uint8Array {
  const chooser = new BundleChooser()
  for (const line of lines) chooser.entry(as(line))
  const maker = new BundleMaker(chooser.choose('K'), checkpoint, note)
  for (const [seq, line] of lines.entries()) maker.entry(seq, as(line), leafHash(line))
  return () => maker.finish()
}

/** What takes the lines of a trail one by one. */
const linewise = <Taker extends { line(bytes: Uint8Array): void }>(taker: Taker, as: As): Taker => {
  for (const line of lines) taker.line(as(line))
  return taker
}

/** What is called, and gives its answer; or a function where there is an answer only after the caller has used its bytes anew. */
const calls: Readonly<Record<string, (as: As) => unknown>> = {
  sha256: as => trail.sha256(as(seed)),
  sha256Hex: as => trail.sha256Hex(as(seed)),
  'SHA-256 elsewhere': as => shaPortable.sha256(as(seed)),
  requireBytes: as => trail.requireBytes('input', 'it', as(seed)),
  parseCanonical: as => trail.parseCanonical(as(bytesOf('{"a":"é"}'))),
  isCanonical: as => trail.isCanonical(as(bytesOf('{"a":"é"}'))),
  commitmentTo: as => trail.commitmentTo('x', as(seed)),
  opens: as => trail.opens(trail.commitmentTo('x', seed), 'x', as(seed)),
  openingOf: as => openingOf('x', as(seed), place),
  parseOpening: as => parseOpening(as(bytesOf(opening))),
  isSoundKey: as => [...publicKeys, seed].map(key => trail.isSoundKey(as(key))),
  readEntry: as => lines.map(line => trail.readEntry(as(line))),
  prevOf: as => lines.map(line => trail.prevOf(as(line))),
  leafHash: as => lines.map(line => leafHash(as(line))),
  decodeUtf8: as => trail.decodeUtf8(as(bytesOf('é'))),
  Integrity: as => {
    const told: unknown[] = []
    const integrity = new trail.Integrity({
      onLine: ({ bytes, ...line }) => told.push({ ...line, bytes: new Uint8Array(bytes) }),
    })
    for (const line of lines) for (const part of [line, Uint8Array.of(10)]) integrity.push(as(part))
    return () => [integrity.finish(), told]
  },
  openCheckpoint: as => trail.openCheckpoint(as(bytesOf(note)), { keys }),
  openNote: as => trail.openNote(as(bytesOf(note)), keys),
  parseNote: as => trail.parseNote(as(bytesOf(note))),
  verifyCosignature: as =>
    signatures.map(bytes => trail.verifyCosignature(as(witnessKeyOf(witness).publicKey), text, as(bytes))),
  'a key from outside': as =>
    trail.openNote(trail.formatNote({ text, signatures: [cosign(text, witness, 1_700_000_000)] }), [
      { ...witnessKeyOf(witness), publicKey: as(witnessKeyOf(witness).publicKey) },
    ]).verified.length,
  formatVerifierKey: as => publicKeys.map(key => trail.formatVerifierKey({ ...keys[0]!, publicKey: as(key) })),
  signerKey: as => {
    const key = signerKey('log.example', as(seed))
    return () => [key, verifierKeyOf(key), trail.signNote('a\n', [key])]
  },
  'a signer from outside': as => {
    const key = { ...signer, seed: as(seed) }
    return [
      verifierKeyOf(key),
      witnessKeyOf(key),
      trail.formatSignerKey(key),
      trail.signNote('a\n', [key]),
      signCheckpoint(checkpoint, key),
      cosign(text, key, 1_700_000_000),
      trail.signExtension(key, { checkpoint, rootAt: () => undefined, memory: { note: as(bytesOf(note)) } }),
    ]
  },
  formatNote: as => trail.formatNote({ text, signatures: [{ name: 'w', keyId: '00000000', bytes: as(cosigned) }] }),
  'Ed25519 in Node': as => ed25519(edNode, as),
  'Ed25519 elsewhere': as => ed25519(edPortable, as),
  newlineFinder: as => newlineNode.newlineFinder(as(bytesOf('a\nb\n')))(2),
  parseFork: as => {
    const fork = { smaller: note, larger: note, root: checkpoint.root, proof: [] }
    return trail.parseFork(as(bytesOf(trail.formatFork(fork))))
  },
  formatTlogProof: as => trail.formatTlogProof({ index: 0, proof: [], checkpoint: note, extra: as(seed) }),
  parseTlogProof: as =>
    trail.parseTlogProof(
      as(bytesOf(trail.formatTlogProof({ index: 0, proof: [], checkpoint: note, extra: Uint8Array.of(1, 2) }))),
    ),
  parseAddCheckpoint: as =>
    trail.parseAddCheckpoint(as(bytesOf(trail.formatAddCheckpoint({ oldSize: 0, proof: [], note })))),
  decodeHashTile: as => trail.decodeHashTile(as(tile), 3),
  encodeEntries: as => trail.encodeEntries(lines.slice(0, 3).map(as)),
  evaluateWitnesses: as => {
    const policy = trail.parseWitnessPolicy(`witness w ${trail.formatVerifierKey(witnessKeyOf(witness))}\nquorum w\n`)
    return trail.evaluateWitnesses(
      {
        ...policy,
        witnesses: policy.witnesses.map(one => ({ ...one, key: { ...one.key, publicKey: as(one.key.publicKey) } })),
      },
      as(bytesOf(trail.addCosignatures(note, answerOf(cosign(text, witness, 1_700_000_000)), witnessKeyOf(witness)))),
      1_700_000_001,
    ).satisfied
  },
  timestampRequest: as => timestampRequest(as(seed), { nonce: 7n }),
  verifyTrail: as => verifyTrail([as(fileOf(lines))]),
  'verifyTrail in blocks': as => verifyTrail(lines.flatMap(line => [as(line), as(Uint8Array.of(10))])),
  TrailVerifier: as => {
    const verifier = new TrailVerifier()
    for (const line of lines) for (const part of [line, Uint8Array.of(10)]) verifier.push(as(part))
    return () => verifier.finish()
  },
  originIn: as => originIn(as(lines[0]!)),
  bytesVerdict: as => bytesVerdict(new trail.Integrity().finish(), as(lines[0]!)),
  BundleMaker: bundleOf,
  formatBundle: as => {
    const { entries, ...rest } = parseBundle(bundle)
    return formatBundle({ ...rest, entries: entries.map(as) })
  },
  verifyBundle: as => verifyBundle(as(bundle)),
  Metrics: as => {
    const metrics = linewise(new Metrics(), as)
    return () => metrics.report({ from: '2026-01-01T00:00:00.000Z', until: '2027-01-01T00:00:00.000Z' })
  },
  Population: as => {
    const population = linewise(new Population(), as)
    return () => population.report()
  },
  SampleSheet: as => {
    const sheet = linewise(new SampleSheet('K'), as)
    return () => sheet.sheet('2027-01-01T00:00:00.000Z')
  },
  'a cache of a desk': async as => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-bytes-'))
    const cache = await openSqliteCache(join(folder, 'desk.cache'))
    try {
      cache.write(new Map([['a', as(seed)]]))
      return new Uint8Array(cache.read('a') ?? [])
    } finally {
      cache.close()
      rmSync(folder, { recursive: true })
    }
  },
  flipByte: as => flipByte(as(seed), 3),
  tear: as => tear(as(seed), 3),
}

/** What is answered are views of the bytes that are given, as their pages say. */
const views: typeof calls = {
  decodeEntries: as => trail.decodeEntries(as(entryTile), 3),
  parseBundle: as => parseBundle(as(bundle)),
}

function ed25519({ ed25519PublicKey, ed25519Sign, ed25519Verify }: typeof edNode, as: As): unknown {
  const message = bytesOf('a')
  const signed = edNode.ed25519Sign(seed, message)
  const turned = signed.with(31, (signed[31] as number) ^ 0x80)
  const key = edNode.ed25519PublicKey(seed)
  return [
    ed25519PublicKey(as(seed)),
    ed25519Sign(as(seed), as(message)),
    ...[signed, turned].map(one => ed25519Verify(as(key), as(message), as(one))),
  ]
}

/** The same bytes in the midst of a longer block, as Node gives out short ones. */
function pooled(): { as: As; unchanged: () => void; useAnew: () => void } {
  const given: { bytes: Uint8Array; block: Buffer }[] = []
  return {
    as(bytes) {
      const block = Buffer.alloc(bytes.length + 16, 0xa5)
      block.set(bytes, 8)
      given.push({ bytes: new Uint8Array(bytes), block })
      return block.subarray(8, 8 + bytes.length)
    },
    unchanged() {
      for (const { bytes, block } of given)
        expect(block.toString('hex')).toBe(`${'a5'.repeat(8)}${Buffer.from(bytes).toString('hex')}${'a5'.repeat(8)}`)
    },
    useAnew: () => {
      for (const { block } of given) block.fill(0)
    },
  }
}

const answered = async (told: unknown): Promise<unknown> => {
  const given = await told
  return typeof given === 'function' ? given() : given
}

describe('a Buffer out of the midst of a block has the answer of the same bytes by themselves, and stays as it is', () => {
  it.each(Object.entries(calls))('%s', async (_, call) => {
    const expected = await answered(call(bytes => new Uint8Array(bytes)))
    const { as, unchanged, useAnew } = pooled()
    const told = await call(as)
    unchanged()
    useAnew()
    expect(await answered(told)).toStrictEqual(expected)
  })

  it.each(Object.entries(views))('%s', async (_, call) => {
    const { as, unchanged } = pooled()
    expect(await call(as)).toStrictEqual(await call(bytes => new Uint8Array(bytes)))
    unchanged()
  })
})
