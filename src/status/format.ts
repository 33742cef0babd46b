/** Times, sizes and rates as mod_jk writes them (mod_jk.md 7.5, 7.6 and 7.10). */
import type { BalancerSnapshot } from '../balancer/snapshot.ts'

export interface LocalTime {
  /** `20261122134542` */
  readonly compact: string
  /** `2026-11-22 13:45:42 +0000` */
  readonly readable: string
  /** `+0000` */
  readonly zone: string
  /** Seconds since 1970. */
  readonly unix: number
}

type Clock = Pick<BalancerSnapshot, 'takenAtMs' | 'utcOffsetMinutes'>

export function localTime(epochMs: number, { utcOffsetMinutes }: Pick<Clock, 'utcOffsetMinutes'>): LocalTime {
  const shifted = new Date(epochMs + utcOffsetMinutes * 60_000).toISOString()
  const date = shifted.slice(0, 10)
  const time = shifted.slice(11, 19)
  const zone = zoneOf(utcOffsetMinutes)
  return {
    compact: `${date}${time}`.replace(/[-:]/g, ''),
    readable: `${date} ${time} ${zone}`,
    zone,
    unix: seconds(epochMs),
  }
}

function zoneOf(minutes: number): string {
  const size = Math.abs(minutes)
  const digits = Math.floor(size / 60) * 100 + (size % 60)
  return `${minutes < 0 ? '-' : '+'}${String(digits).padStart(4, '0')}`
}

export function seconds(ms: number): number {
  return Math.floor(ms / 1_000)
}

/** Whole seconds since something happened; a clock that was set back gives 0. */
export function secondsAgo(epochMs: number, { takenAtMs }: Pick<Clock, 'takenAtMs'>): number {
  return Math.max(0, seconds(takenAtMs) - seconds(epochMs))
}

const UNITS = 'KMGTPE'
/** From here on a number gets the next unit, so that it never needs four digits. */
const NEXT_UNIT = 973

/** `462 `, `1.4K`, `98K`: powers of 1024, one decimal below ten. */
export function size(bytes: number): string {
  if (bytes < NEXT_UNIT) return `${bytes} `
  let value = bytes / 1_024
  let unit = 0
  for (; Math.floor(value) >= NEXT_UNIT && unit < UNITS.length - 1; unit++) value /= 1_024
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)}${UNITS[unit]}`
}

/** Whole number per second since the last reset; `-` within its first second. */
export function rate(count: number, secondsSince: number): string {
  return secondsSince === 0 ? '-' : String(Math.floor(count / secondsSince))
}

export function sizeRate(bytes: number, secondsSince: number): string {
  return secondsSince === 0 ? '-' : size(Math.floor(bytes / secondsSince))
}
