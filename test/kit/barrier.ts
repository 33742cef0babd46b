/**
 * Named meeting points for the actors of one test, as HAProxy's regression tests have them: nobody passes before all
 * have arrived, so a test says in which order things happen instead of hoping for it.
 */
import { PATIENCE_MS, within } from './until.ts'

interface Meeting {
  readonly parties: number
  arrived: number
  readonly met: Promise<void>
  readonly release: () => void
}

export class Barriers {
  readonly #meetings = new Map<string, Meeting>()

  /**
   * Waits until `parties` actors stand at the barrier called `name`. A name serves once.
   *
   * @example
   * // in the scripted server            // in the test
   * await barriers.meet('head read')     await barriers.meet('head read')
   */
  async meet(name: string, parties = 2, deadlineMs = PATIENCE_MS): Promise<void> {
    const meeting = this.#meeting(name, parties)
    if (meeting.parties !== parties)
      throw new Error(`barrier ${name}: ${parties} parties here, ${meeting.parties} there`)
    meeting.arrived++
    if (meeting.arrived > parties) throw new Error(`barrier ${name}: party ${meeting.arrived} of ${parties}`)
    if (meeting.arrived === parties) meeting.release()
    try {
      await within(`barrier ${name}`, meeting.met, deadlineMs)
    } catch (error) {
      throw new Error(`${(error as Error).message}: ${meeting.arrived} of ${parties} arrived`, { cause: error })
    }
  }

  #meeting(name: string, parties: number): Meeting {
    let meeting = this.#meetings.get(name)
    if (meeting === undefined) {
      let release = () => {}
      const met = new Promise<void>((done) => {
        release = done
      })
      meeting = { parties, arrived: 0, met, release }
      this.#meetings.set(name, meeting)
    }
    return meeting
  }
}
