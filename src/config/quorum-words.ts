/** What is said of a manager that is to refuse a minority where nobody counts, in every kind of file. */
export const NO_QUORUM = 'accepted, has no effect: without quorum no node is in a minority'
export const QUORUM_HINT = 'write quorum for the cluster: half of the members and one more'
