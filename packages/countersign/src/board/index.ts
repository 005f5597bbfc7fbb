export { type Board, boardOf, type Card, type Column } from './board.ts'
export { type Collision, collisionsOf } from './collisions.ts'
export { type Owed, obligationsOf } from './obligations.ts'
