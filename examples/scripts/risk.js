/** A post-authentication script: asks a service how risky the sign-in is, refuses what is, and lets a cautious one wait. */
import { defineScript } from '@gatehouse/scripts/post-authn';

export default defineScript({
  runtime: '2026-11',
  secrets: ['RISK_KEY'],
  net: [{ host: 'risk.example.com', methods: ['POST'], secretHeader: { Authorization: 'Bearer ${RISK_KEY}' } }],
  effects: ['claims', 'deny', 'sleep'],
  async run(event, api) {
    // Drawn once for this login: asked again after a crash, the service knows it as the same question.
    const question = api.crypto.uuid();
    const risk = await api.fetch('https://risk.example.com/score', {
      json: { question, person: event.user.subject, application: event.client.id, ip: event.request.ip },
      timeoutMs: 1500,
    });
    if (!risk.ok) throw new Error(`the risk service answered ${risk.status}`);
    if (risk.body.score > 90) return api.deny('risk');
    // Time for the service to look twice. The login rests meanwhile, whatever is restarted or deployed.
    if (risk.body.score > 50) await api.sleep(risk.body.wait);
    api.claims.set('risk', risk.body.score > 50 ? 'medium' : 'low');
  },
});
