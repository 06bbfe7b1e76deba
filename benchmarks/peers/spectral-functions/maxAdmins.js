export default function (collaborators) {
  const admins = collaborators.filter((each) => each.role_id === "mlf-project-admin");
  return admins.length > 5 ? [{ message: `too many admins: ${admins.length}` }] : [];
}
