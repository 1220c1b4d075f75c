/** Calls of REST methods. */
export const createRest = (life) => ({
  callMethod(method, params, callback) {
    const call = () =>
      life.portal.call(method, params).then(
        (answer) => callback?.call(window, { data: () => answer.data }),
        (error) => life.report(error),
      )
    if (life.isInit) call()
    else life.init(call)
  },
})
