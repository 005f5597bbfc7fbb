import { CountersignError, parseVerifierKey } from '@countersign/trail'
import * as z from 'zod'

/** A public key that signs checkpoints, as one C2SP verifier key line: `name+key id+base64`, Ed25519 of the type 0x01. */
export const vkeyText = z
  .string()
  .max(300)
  .refine(isLogKey, { error: 'must be a public key that signs notes (name+key id+base64, type 0x01)' })

function isLogKey(text: string): boolean {
  try {
    return parseVerifierKey(text).algorithm === 'ed25519'
  } catch (error) {
    if (error instanceof CountersignError) return false
    throw error
  }
}

/** What a note names a key by: its name and key id. Two keys that share both cannot be told apart in a note. */
export const vkeyIdentity = (text: string): string => text.slice(0, text.indexOf('+', text.indexOf('+') + 1))
