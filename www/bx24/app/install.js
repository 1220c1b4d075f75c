const at = (id) => document.getElementById(id)
const address = (path) => new URL(path, location.origin).href

BX24.init(function () {
  BX24.setTitle('Handover')
  BX24.fitWindow()

  BX24.bind(at('install'), 'click', function () {
    BX24.callBatch(
      {
        tab: [
          'placement.bind',
          {
            PLACEMENT: 'CRM_DEAL_DETAIL_TAB',
            HANDLER: address('/www/bx24/app/tab.html'),
            TITLE: 'Handover',
          },
        ],
        event: ['event.bind', { event: 'OnAppUninstall', handler: address('/events') }],
      },
      function (answers) {
        for (const name in answers) {
          const error = answers[name].error()
          at(name).className = error ? 'failed' : 'done'
          if (error) at('said').textContent = error.toString()
        }
        at('install').hidden = true
        at('finish').hidden = false
        at('finish').focus()
        BX24.fitWindow()
      },
    )
  })

  BX24.bind(at('finish'), 'click', BX24.installFinish)
})
