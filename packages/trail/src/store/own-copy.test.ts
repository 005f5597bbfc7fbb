import { describe, expect, it } from 'vitest'
import { ownCopy } from './own-copy.ts'

describe('an own copy', () => {
  it('stays as it is, at every depth, whatever is done to what was copied', () => {
    const drafts = [{ stream: 'a', command: { tags: ['one'] } }]
    const own = ownCopy(drafts)
    drafts[0]?.command.tags.push('two')
    drafts.push({ stream: 'b', command: { tags: [] } })
    expect(own).toEqual([{ stream: 'a', command: { tags: ['one'] } }])
  })

  it('cannot be made of what no entry can hold', () => {
    const cause = expect.any(Error)
    expect(() => ownCopy({ command: () => 1 })).toThrow(expect.objectContaining({ code: 'canonical', cause }))
    expect(() => ownCopy(Symbol('one'))).toThrow('a draft has no canonical form: ')
  })
})
