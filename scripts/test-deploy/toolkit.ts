/** A bootstrap stack of this test's own, so that the one of an account is neither used nor changed. */
export const toolkit = { qualifier: 'keyturntst', toolkitStack: 'KeyturnTestDeployToolkit' } as const;

/** The stand-in of a provider, where it has to be reached from AWS. */
export const providerStack = 'KeyturnTestDeployProvider';
