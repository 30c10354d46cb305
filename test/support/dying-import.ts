/** What an import holds that is killed on its way, and how much of it is written at once. */

/** Smaller than what a test imports: a few batches are enough to die between. */
export const whole = { objects: 60, characters: 100_000 };

export function clientsOf(count: number) {
  const redirect_uris = ['https://app.example/cb'];
  const place = { authorization_server_id: 'killed', redirect_uris };
  const clients = Array.from({ length: count }, (_, at) => ({
    ...place,
    client_id: `killed-${String(at).padStart(3, '0')}`,
  }));
  return { servers: [{ id: 'killed' }], clients };
}
