/** Every count of the config room has its limit here. Passing one is a complaint, never a crash or an endless wait. */

/** Bytes of one file. The largest configuration of public collections has some 50 KB. */
export const maxFileBytes = 4 * 1024 * 1024

/** Bytes of all files of one configuration together. */
export const maxTotalBytes = 8 * 1024 * 1024

/**
 * Lines of all files of one configuration that say something: directives, sections, properties, rules, users. Reading them
 * costs about half a second and 200 MB; the largest configurations in use have some ten thousand.
 */
export const maxEntries = 100_000

/** Characters that variables stand for, in all files of one configuration together. */
export const maxInsertedChars = 4 * 1024 * 1024

/** Characters of a line of httpd, continued ones joined. httpd's own limit is 16 MB, its longest real lines have some 2000. */
export const maxHttpdLineChars = 64 * 1024

/** Tags of a server.xml, comments included; Tomcat's own file has 40. */
export const maxTags = 20_000

/** Attributes of a server.xml, as the number of its equals signs. */
export const maxAttributes = 100_000

/** Characters of an attribute's value in which a closing quote is looked for, once a file is known to be damaged. */
export const maxAttributeChars = 4096

/** Files and listed folders of one configuration; a wildcard Include counts each. */
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

/** Characters of a clowder.yaml. Parsing it costs about 1 s per MB. */
export const maxYamlBytes = 1024 * 1024

/** Words and signs of a clowder.yaml, spaces included; ten thousand mounts have 200 000. */
export const maxYamlTokens = 300_000

/** Values within values of a clowder.yaml; its own are 8 deep. */
export const maxYamlDepth = 64

/** Values of a clowder.yaml, where an alias counts for all that it stands for. */
export const maxYamlNodes = 300_000

/** Virtual hosts of one clowder.yaml, their names, mounts and access rules. */
export const maxHosts = 4096
export const maxHostNames = 1024
export const maxMounts = 100_000
export const maxAccessRules = 10_000

/** Addresses to listen on. */
export const maxListeners = 256

/** Names, statuses or networks in one list of a clowder.yaml. */
export const maxListItems = 4096

/** Layers of a channel. */
export const maxInterceptors = 32

/** Complaints kept of each severity; the rest is counted. */
export const maxComplaints = 500

/** Names that a "did you mean" looks at. */
export const maxCandidates = 256

/** Characters of foreign text shown inside a message. */
export const maxShownChars = 60

/** Virtual hosts times what each of them inherits of the main server: sections, aliases and rules for the environment. */
export const maxInherited = 4_000_000

/** Users of one AuthUserFile. */
export const maxUsers = 65_536
/** Keys of a cluster; as many as the channel takes. */
export const maxClusterKeys = 8
