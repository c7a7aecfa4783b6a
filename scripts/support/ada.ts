import type { apiClient } from './api.ts';

/** The traveller of the demo and of the tests. */
export const ADA = {
  title: 'ms',
  givenName: 'Ada',
  familyName: 'Lovelace',
  bornOn: '1990-12-10',
  gender: 'f',
  email: 'ada@traveller.example',
  phone: '+442080160509',
};

/** A new user in every run: the sandbox starts empty, while a database kept by DATABASE_URL does not. */
export const visitor = (): string => `demo-${Date.now().toString(36)}`;

/** Makes Ada a traveller with a card, and writes the trip she wants: London to New York in two months, at most 420.00 GBP. */
export async function adasTrip(api: ReturnType<typeof apiClient>) {
  const traveler = await api<{ id: string }>('POST', '/api/travelers', ADA);
  const card = await api<{ id: string }>('POST', '/api/payment-methods', { paymentMethodId: 'pm_card_visa' });
  return {
    origin: 'LHR',
    destination: 'JFK',
    departureDate: new Date(Date.now() + 60 * 86_400_000).toISOString().slice(0, 10),
    travelerIds: [traveler.id],
    maxPrice: { amount: '420.00', currency: 'GBP' },
    autoBook: true,
    paymentMethodId: card.id,
    consent: true,
  };
}
