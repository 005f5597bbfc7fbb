import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes longest: begun last, it would keep one processor busy while the other has nothing left. */
const long = [
  'postgres-troubles',
  'cli/copy',
  'cli/parts',
  'postgres-store',
  'timestamp/timestamp',
  'three-teams/src/main',
]

const rank = ({ moduleId }: TestSpecification): number => {
  const at = long.findIndex(name => moduleId.includes(`${name}.test`))
  return at < 0 ? long.length : at
}

/** Vitest knows how long files take from the last run; a fresh clone has had none. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => rank(a) - rank(b))
  }
}
