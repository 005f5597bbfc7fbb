import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CountersignError } from '@countersign/trail'

const command = fileURLToPath(new URL('../../../packages/cli/src/verify-trail.ts', import.meta.url))

/** What `verify-trail` said, and the exit code by which a script would know; no code where it came to no verdict. */
export interface Verification {
  readonly code: number | undefined
  readonly output: string
}

/** Runs `verify-trail` as an auditor would: a process of its own, which is given files and nothing else. */
export async function verifyTrail(...args: string[]): Promise<Verification> {
  if (!existsSync(command)) {
    throw new CountersignError('input', `verify-trail is not there: ${command}`, { facts: { command } })
  }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=countersign-src', command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let verdict = ''
    let complaint = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      verdict += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text
    })
    child.on('error', reject)
    child.on('close', code => {
      // A process that dies of an error ends with 1 too, which here means «broken»: without a verdict it means nothing.
      const judged = verdict.trim() !== '' && code !== null
      resolve({ code: judged ? code : undefined, output: `${verdict}${complaint}`.trimEnd() })
    })
  })
}
