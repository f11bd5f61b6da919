/** What a start tells while it is under way. */
export interface AttemptEvents {
  spawned(pid: number): void;
  stage(stage: number): void;
  output(text: string): void;
  errorOutput(text: string): void;
}
