/** A classic script, as the published API knows them: says which department somebody belongs to, by their address. */
const departments = { 'treasury.example': 'Treasury', 'sales.example': 'Sales' };

module.exports = async function (context) {
  const { email = '' } = context.authn_ctx;
  const department = departments[email.split('@')[1]];
  if (department === undefined) throw new Error('nobody of ours');
  return { authn_ctx: { department }, amr: [...context.amr, 'hr'] };
};
