import { type Board, memoryStore } from 'countersign'
import { describe, expect, it } from 'vitest'
import { boardLines } from './board.ts'
import { wrap } from './page.ts'
import { play, storyOf, theEnd } from './run.ts'

const plain = (_: string, text: string) => text

const boards = async (): Promise<Board[]> => {
  const { desk } = await play(memoryStore(), storyOf())
  return ['finance-systems', 'platform', 'data'].flatMap(team => desk.board(team, theEnd) ?? [])
}

describe('a board in a terminal', () => {
  it('stays within the width and shows every ticket once', async () => {
    for (const board of await boards()) {
      const ids = board.columns.flatMap(column => column.cards.map(card => card.change)).toSorted()
      for (const width of [80, 81, 99, 120, 200]) {
        const lines = boardLines(board, width, plain)
        expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(width)
        expect((lines.join('\n').match(/(?:FIN|PLT|DAT)-\d+/g) ?? []).toSorted()).toEqual(ids)
      }
    }
  })

  it('pads before it paints, so that colour does not shift a column', async () => {
    const [board] = await boards()
    if (board === undefined) throw new Error('there is no board')
    const painted = boardLines(board, 80, (_, text) => `«${text}»`)
    expect(painted.map(line => line.replaceAll(/[«»]/g, '').trimEnd())).toEqual(boardLines(board, 80, plain))
  })

  it('draws an empty board', () => {
    expect(
      boardLines({ team: 'none', at: theEnd, columns: [], owners: [], progress: { cards: 0 } }, 80, plain),
    ).toEqual(['done: nothing yet'])
  })

  it('breaks text at spaces, and a word only where it must', () => {
    expect(wrap('a quick brown fox', 8)).toEqual(['a quick', 'brown', 'fox'])
    expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij'])
    expect(wrap('', 8)).toEqual([''])
  })
})
