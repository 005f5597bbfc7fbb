import {
  type OpenedNote,
  openNote,
  parseCheckpointText,
  parseNote,
  parseSignerKey,
  parseVerifierKey,
  signNote,
} from '@countersign/trail'
import { describe, expect, it } from 'vitest'
import { absent, digits, shared, where } from './shared.ts'

interface Case {
  readonly name: string
  readonly vkeys: readonly string[]
  readonly note?: string
  readonly note_b64?: string
  readonly ok: boolean | 'go-accepts'
  readonly error?: string
  readonly verified?: readonly string[]
  readonly unverified?: readonly string[]
}

interface Notes {
  readonly skey_peter: string
  readonly verify: readonly Case[]
  readonly bad_vkeys: readonly string[]
  readonly parse_only: {
    readonly checkpoint: string
    readonly cosigned: string
    readonly expect: Record<string, string | number>
  }
  readonly rekor_v1_ecdsa_checkpoint: { readonly note: string }
}

describe.skipIf(absent)(`the notes of Go’s sumdb/note and of C2SP${where}`, () => {
  const notes: Notes = absent
    ? ({ verify: [] } as unknown as Notes)
    : (JSON.parse(shared('c2sp-notes/notes.json')) as Notes)
  const open = ({ note, note_b64: base64, vkeys }: Case): OpenedNote =>
    openNote(note ?? Buffer.from(base64 ?? '', 'base64'), vkeys.map(parseVerifierKey))

  for (const [index, given] of notes.verify.entries()) {
    it(`${index + 1}. ${given.name}`, () => {
      if (given.ok === true) {
        const { verified, unknown } = open(given)
        if (given.verified !== undefined) expect(verified.map(({ key }) => key.name)).toEqual(given.verified)
        if (given.unverified !== undefined) expect(unknown.map(({ name }) => name)).toEqual(given.unverified)
      } else {
        // Where Go accepts base64 with bits in the padding, this is stricter.
        expect(() => open(given)).toThrow()
      }
    })
  }

  it('a text signed with Go’s test key has the bytes that Go wrote', () => {
    const given = notes.verify.find(({ name }) => name.startsWith('peter signed'))
    const { text } = parseNote(given?.note ?? '')
    expect(signNote(text, [parseSignerKey(notes.skey_peter)])).toBe(given?.note)
  })

  it('keys of another length, of an unknown type, or with a wrong id are refused', () => {
    for (const key of notes.bad_vkeys) expect(() => parseVerifierKey(key), key).toThrow()
  })

  it('the checkpoint in the standard’s text is read, and so is its cosigned form', () => {
    const { checkpoint, cosigned, expect: expected } = notes.parse_only
    const { text, signatures } = parseNote(checkpoint)
    expect(parseCheckpointText(text)).toEqual({
      origin: expected.origin,
      size: expected.size,
      root: digits(String(expected.root)),
    })
    expect(signatures.map(({ keyId }) => keyId)).toEqual([expected.log_key_id])
    const both = parseNote(cosigned)
    expect(both.text).toBe(text)
    expect(both.signatures.map(({ keyId }) => keyId)).toEqual([expected.log_key_id, expected.witness_key_id])
    const time = Buffer.from(both.signatures[1]?.bytes.subarray(0, 8) ?? []).readBigUInt64BE()
    expect(Number(time)).toBe(expected.cosign_time)
  })

  it('a checkpoint with an extension line and a name with spaces is a note, and no checkpoint of ours', () => {
    const { text } = parseNote(notes.rekor_v1_ecdsa_checkpoint.note)
    expect(() => parseCheckpointText(text)).toThrow('line 1')
  })
})
