import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Vectors that others made. They lie beside the project and are not copied into it. */
const folder = fileURLToPath(new URL('../../../shared/data/vectors/', import.meta.url))

export const absent = !existsSync(folder)

/** Ends the title of a test that needs them. */
export const where = absent ? ' (skipped: the folder shared/data is not beside the project)' : ''

export function shared(path: string): string {
  return readFileSync(`${folder}${path}`, 'utf8')
}

export function sharedPath(path: string): string {
  return `${folder}${path}`
}

/** A hash as these files write it, in base64, as digits. What is not 32 bytes stays of another length. */
export function digits(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex')
}
