import { readFileSync } from 'node:fs'

const read = (path: string) => readFileSync(new URL(`../packages/${path}`, import.meta.url), 'utf8')

/** Every code of a finding, as the sources declare them. */
export function findingCodes(): string[] {
  const source = read('countersign/src/verify/finding.ts') + read('trail/src/integrity/integrity-report.ts')
  const listed = [...source.matchAll(/^ {2}\| '([a-z.-]+)'$/gm)].map(([, code = '']) => code)
  const places = /readonly code: ((?:'[a-z.]+'(?: \| )?)+)$/m.exec(source)?.[1] ?? ''
  const codes = [...new Set([...listed, ...[...places.matchAll(/'([a-z.]+)'/g)].map(([, code = '']) => code)])]
  if (codes.length < 55 || !codes.includes('tile.missing')) throw new Error(`${codes.length} codes, and there are more`)
  return codes
}
