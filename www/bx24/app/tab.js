const at = (id) => document.getElementById(id)

BX24.init(function () {
  const deal = BX24.placement.info().options.ID
  const handedOver = () => Number(BX24.userOption.get('count') || 0)

  function show() {
    const calls = {
      deal: ['crm.deal.get', { id: deal }],
      people: ['user.get', { ID: '$result[deal][ASSIGNED_BY_ID]' }],
    }
    BX24.callBatch(calls, function (answers) {
      const person = answers.people.data()[0]
      at('name').textContent = `${person.NAME} ${person.LAST_NAME}`
      at('position').textContent = person.WORK_POSITION
      at('face').textContent = person.NAME[0] + person.LAST_NAME[0]
      at('count').textContent = `handed over by you: ${handedOver()}`
      BX24.fitWindow()
    })
  }

  function handOver(person) {
    const params = { id: deal, fields: { ASSIGNED_BY_ID: person.id } }
    BX24.callMethod('crm.deal.update', params, function (answer) {
      if (answer.error()) {
        at('said').textContent = answer.error().toString()
        return
      }
      BX24.userOption.set('count', handedOver() + 1)
      at('said').textContent = `${person.name} has the deal now.`
      BX24.placement.call('reloadData')
      show()
    })
  }

  BX24.bind(at('choose'), 'click', function () {
    BX24.selectUser('Who takes the deal?', handOver)
  })
  show()
})
