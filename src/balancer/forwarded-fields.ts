/**
 * The fields of a request as backends get them, in the form of each protocol: made when the first backend of that
 * protocol asks, and kept with the fields, which most requests of a client connection repeat.
 */
import { type ClientSection, keepClientSection } from '../ajp/index.ts'
import type { RequestFields } from '../http1/index.ts'
import { clientAttributes, clientSection } from './ajp-request.ts'
import { type Forwarding, requestFields } from './headers.ts'
import type { Told } from './telling.ts'

export class ForwardedFields {
  readonly fields: RequestFields
  /** The authority the client asked for. */
  readonly host: string
  readonly #forwarding: Forwarding
  #http: string | undefined
  #ajp: ClientSection | undefined
  #wasAjp = false

  constructor(fields: RequestFields, host: string, forwarding: Forwarding) {
    this.fields = fields
    this.host = host
    this.#forwarding = forwarding
  }

  /** Host, the end-to-end fields, the forwarding fields and the framing, each with its CRLF. */
  get http(): string {
    this.#http ??= requestFields(this.fields, this.host, this.#forwarding)
    return this.#http
  }

  /**
   * Who asks whom, and the end-to-end fields, encoded; good until another asks. Kept from the second request on, so that
   * heads which differ each time need no memory of their own. Throws an AjpError when AJP cannot say them.
   */
  get ajp(): ClientSection {
    if (this.#ajp !== undefined) return this.#ajp
    const { client, isTrusted, ajpAttributes } = this.#forwarding
    const section = clientSection(this.fields, this.host, client, isTrusted, ajpAttributes)
    if (!this.#wasAjp) {
      this.#wasAjp = true
      return section
    }
    this.#ajp = keepClientSection(section)
    return this.#ajp
  }

  /** The same, where some of it is told otherwise. */
  ajpTelling(told: Told): ClientSection {
    const { client, isTrusted } = this.#forwarding
    return clientSection(this.fields, this.host, client, isTrusted, clientAttributes(client, told), told)
  }
}
