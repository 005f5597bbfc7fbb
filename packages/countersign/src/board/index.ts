export { type Board, boardOf, type Card, type Column } from './board.ts'
