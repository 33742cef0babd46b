/** Ends this process when the bench that started it does, however that ends: standard input is a pipe from it. */
export function endWithParent(): void {
  process.stdin.resume()
  process.stdin.on('end', () => process.exit(0))
  process.stdin.on('error', () => process.exit(0))
  process.on('SIGTERM', () => process.exit(0))
}
