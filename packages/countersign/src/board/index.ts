export { type Board, boardOf, type Card, type Column } from './board.ts'
export { type Owed, obligationsOf } from './obligations.ts'
