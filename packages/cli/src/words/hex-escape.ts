/** A character below 256 as `\\x1b`, for terminals, and for quoted words of systemd. */
export function hexEscape(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
