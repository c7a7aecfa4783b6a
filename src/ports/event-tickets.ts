/** What a ticket stands for: one user's token, for the events of one trip. */
export interface EventTicket {
  readonly userId: string;
  readonly tripId: string;
  /** When the token ends that the ticket was got with. */
  readonly tokenExpiresAt: Date;
}

/** Tickets for event streams: a browser's EventSource can send no token, and a token in an address would be logged on its way. */
export interface EventTickets {
  /** @returns the ticket, and until when it can be used @throws when tickets can't be stored now */
  issue(ticket: EventTicket): Promise<{ readonly ticket: string; readonly expiresAt: Date }>;
  /** Takes a ticket, which can be done once. @returns undefined when it is not valid @throws when tickets can't be read now */
  redeem(ticket: string): Promise<EventTicket | undefined>;
}
