/** Something in a policy that keeps it from being used. `clause` is the control that it breaks, where it breaks one. */
export interface PolicyProblem {
  readonly where: string
  readonly problem: string
  readonly clause?: string
}
