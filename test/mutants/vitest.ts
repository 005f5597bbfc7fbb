import { format } from 'node:util'

/** What test files find here in place of vitest: what they write down is kept, and run as often as it is asked for. */
export { expect } from 'vitest'

type Body = () => unknown

/** A test as a file wrote it down. */
export interface Written {
  readonly name: string
  readonly file: string
  readonly body: Body
}

/** Every test of every file that was loaded, in the order of the files. */
export const written: Written[] = []

let path: readonly string[] = []
let file = ''

/** Loads a test file; what it writes down from now on is its own. */
export async function load(url: string, name: string): Promise<void> {
  file = name
  await import(url)
  for (const body of preparing.splice(0)) await body()
}

/** What a file makes for all of its tests: once, while every mutant sleeps. */
const preparing: Body[] = []

export function beforeAll(body: Body): void {
  preparing.push(body)
}

export function describe(title: string, body: Body): void {
  const outer = path
  path = [...outer, title]
  body()
  path = outer
}

export function it(title: string, body: Body): void {
  written.push({ name: [file, ...path, title].join(' > '), file, body })
}

it.each =
  <Row>(rows: readonly Row[]) =>
  (title: string, body: (...row: unknown[]) => unknown): void => {
    for (const [at, row] of rows.entries()) {
      const given: readonly unknown[] = Array.isArray(row) ? row : [row]
      it(`${format(title, ...given.map(String))} (${at + 1})`, () => body(...given))
    }
  }

/** What a place lacks that a test is about is left out, as vitest leaves it out. */
describe.skipIf = (isSkipped: boolean) => (isSkipped ? (): void => {} : describe)
it.skipIf = (isSkipped: boolean) => (isSkipped ? (): void => {} : it)

export const test = it

/** What is to be done when the test that runs now is over. */
export const finishing: Body[] = []

export function onTestFinished(body: Body): void {
  finishing.push(body)
}
