/** Result of one check. `warning`: works, but may surprise; `fault`: does not work. */
export interface Finding {
  readonly what: string;
  readonly verdict: 'fine' | 'warning' | 'fault';
  readonly text: string;
}

export const fine = (what: string, text: string): Finding => ({ what, verdict: 'fine', text });
export const warning = (what: string, text: string): Finding => ({ what, verdict: 'warning', text });
export const fault = (what: string, text: string): Finding => ({ what, verdict: 'fault', text });
