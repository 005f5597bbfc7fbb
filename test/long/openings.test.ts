import { describe, it } from 'vitest'
import { breakOff, endings } from '../redaction/broken-off.ts'

describe.each(endings)('Where %s while values are kept and redacted', (_, forGood, half) => {
  it('none is ever missing without an entry, and whoever comes next finishes what was begun', async () => {
    await breakOff(forGood, half)
  })
})
