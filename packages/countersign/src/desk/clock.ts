/** How far a clock may stand behind the last entry before it is refused; so much two machines' clocks may differ. */
export const clockTolerance = 60_000
