import json,sys
seen={}
for f in sys.argv[2:]:
  for l in open(f):
    try: d=json.loads(l)
    except: continue
    seen.setdefault(d['kind'],[]).append(d)
for k,v in seen.items():
    print('##',k,[(d['seed'],d['step']) for d in v])
    print(json.dumps(v[0]['facts'])[:int(sys.argv[1])])
