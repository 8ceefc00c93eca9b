import time
def test_x(site, visit):
    person = site.person(); code = site.earn(person)
    print(site.server.now())
    time.sleep(14)
    for r in site.database.rows("select * from outbox_work"): print(r)
    print(site.database.rows("select * from certificate_files"))
    print(site.server.log()[-3000:])
