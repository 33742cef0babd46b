/** What AJP workers are told of the requests of a virtual host where that is not the usual, as options (mod_jk.md 2.2, 2.3, 6.4, 6.5). */

export interface TellingOptions {
  /**
   * Variables of the request that go along as request attributes of the same name, each with what is sent where the variable
   * is not set; null = nothing. Default none. mod_jk `JkEnvVar`. Tomcat refuses those that its connector does not allow.
   */
  readonly attributes?: readonly (readonly [name: string, otherwise: string | null])[]
  /** Whose address is told for the client's: its own, or that of this end. Default `client`. JkOptions `ForwardLocalAddress`. */
  readonly clientAddress?: 'client' | 'local'
  /**
   * With the variable HTTPS `on` a request counts as encrypted, and SSL_* variables tell how: for a proxy in front that ends
   * TLS. Default true. mod_jk `JkExtractSSL`.
   */
  readonly tlsVariables?: boolean
  /** Tell the key size of TLS; default true. JkOptions `ForwardKeySize`. */
  readonly keySize?: boolean
  /** Tell the chain of a client's certificate along with it; default false. JkOptions `ForwardSSLCertChain`. */
  readonly certificateChain?: boolean
  /** Close the connection to a worker after each answer, for workers of all types; default false. JkOptions `DisableReuse`. */
  readonly closesConnections?: boolean
}
