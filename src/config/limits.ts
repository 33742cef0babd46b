/** Every count of the config room has its limit here. Passing one is a complaint, never a crash or an endless wait. */

/** Bytes of one file. The largest configuration of public collections has some 50 KB. */
export const maxFileBytes = 4 * 1024 * 1024

/** Bytes of all files of one configuration together. */
export const maxTotalBytes = 16 * 1024 * 1024

/** Files of one configuration; a wildcard Include counts each. */
export const maxFiles = 512

/** Include within Include; httpd's own limit is 20. */
export const maxIncludeDepth = 20

/** Characters of a file name in a configuration; Linux's PATH_MAX. */
export const maxPathChars = 4096

/** Sections within sections. */
export const maxSectionDepth = 64

/** Elements within elements of a server.xml; Tomcat's own tree is 8 deep. */
export const maxElementDepth = 64

/** Bytes of one line of a properties file: mod_jk's read buffer of 8192 with its end (mod_jk.md 1.1). */
export const maxPropertyLineBytes = 8191

/** Replacements of `$(name)` in one value (mod_jk.md 1.1). */
export const maxMacros = 21

/** `reference` of a reference of … (mod_jk.md 1.1). */
export const maxReferenceDepth = 20

/** Documented length of names and hosts in bytes; mod_jk 1.2.48 enforces it, later sources {@link maxNameBytes}. */
export const documentedNameBytes = 60
export const maxNameBytes = 63

/** Workers of one file; jk-status would not be readable long before. */
export const maxWorkers = 4096

/** Changes that were made through jk-status and are kept. */
export const maxEdits = 10_000

/** Static members of a cluster; each of them is a connection from every other. */
export const maxMembers = 256

/** Complaints kept of each severity; the rest is counted. */
export const maxComplaints = 500

/** Names that a "did you mean" looks at. */
export const maxCandidates = 256

/** Characters of foreign text shown inside a message. */
export const maxShownChars = 60
