/** Parameters of the default model of nupunkt, by scripts/punkt_parameters.py. MIT License, Copyright (c) 2025 ALEA
    Institute. Words that are abbreviations; that end a sentence before a capital letter; that begin one. */

export const ABBREVIATIONS = new Set(`
... 00a.m 00deg 00p.m 01.pdf 04p.m 07p.m 0deg 0e2upl 0new 1.5lbs 1.a 1.b.ii 1.c 1.e 1.h 1.m 10a.m 10deg 10no 113ibid
11i1si 11mltatioa 11no 11p.m 11u.s.c 1261etseq 12e.g 12no 13e.g 13no 141tex 14no 15.i.a 16.default 16o5aa 16sq 16sq.in
1701etseq 17e.g 17id 17p.m 18e.g 18ibid 18u.s.c 19ibid 19id 19wn 1apx 1e 1e.utc9ru 1etseq 1ibl 1mr 1nc 1on 1stc.s 2.a
2.b 2.b.2.a 2.b.2.b 2.b.5.b 2.b.i 2.b.ii 2.c 2.d 2.d.i 2.misc 20ibid 20mw 20ua 20yrs 21.miscellaneous 21iv 22id 25ibid
26ibid 26no 28id 29.no 29id 2bfl 2cs 2d1w 2j 2man 2min 2nf2 2o 2si 2trans 2u.s 2v 2yp 3.b.i 3.b.ii 3.e 3.o 30.no 30a.m
30oc 30p.m 35p.m 36id 37ti 38u.s.c 39tex.jur 3deg 3di 3dyzea 3h 3ibid 3jan 3k 3ll 3o 3od 3pub 3t 4.3min 4.4.b.iv
4.5million 4.a 4.d 410s.michiganave 42p.m 45p.m 4h 4i 4ibid 4im 4l 4l.m 4ll 4s 4thed 4u.s 4x4s 4yp 5.a 5.a.ii.1 5.b
5.c.i 5.c.ii 5.c.iii 52dcong 53no 54p.m 55fn 57thcong 5dec 5e 5jo 5k42sdnt4 5lj5au 5mr 5nov 5sept 6.b 6.bb 60.no
62pft4p 6no 6ro 6rtiolo 6w 7.b 7.j 7.t 7.u 7.v 7.w 70on 7a 7g 7p 7p.m 7q 7r 8.a 8.b 8.r 81stleg 84n.m 85deg 86deg 87id
8dcmyr6f0es 8e.l 8fl 8k.d 8nj 8no 8oz 8v 8vo 90s.ct 90thcong 94thcong 98s.ct 9la.yec 9r 9t 9thcir 9y a a.1 a.1.a a.1.b
a.1.c a.2 a.2.a a.2.b a.2.c a.2.f a.3 a.3.a a.3.b a.3.c a.4 a.4a a.4b a.4c a.5 a.6 a.7 a.8 a.9 a.a a.a.c a.a.g a.a.o.m
a.a.w.s a.amnl a.b a.b.a a.b.a.j a.b.c a.b.e.l a.b.m.m a.b.p a.b.p.p a.b.s a.b.s.i.g a.c a.c.c.e.s.s a.c.e a.c.j
a.c.m.r a.c.n a.c.o.a a.c.o.o a.c.v.s.o a.d a.d.l a.d.s a.e a.e.c a.e.f a.exercise a.f a.f.j.p a.f.r.o.t.c a.f.rep
a.f.t.r a.g a.g.e.a a.g.m a.g.p a.g.vg a.h a.h.f a.i a.i.a a.i.d a.j a.j.j a.j.p a.k a.k.a a.l a.l.a a.l.d.h a.l.i
a.l.i.v.e a.l.k a.l.l a.l.m a.l.r a.l.r.fed a.l.s a.l.t a.m a.m.e a.m.h a.m.l.s a.n a.n.c a.n.d.m a.n.j a.n.p.a a.n.s
a.o a.p a.p.a a.p.c a.p.g a.p.p.r a.p.r.n a.q a.r a.r.a a.r.g a.r.h a.r.i a.r.n.p a.r.p.e a.r.r a.r.s a.r.t a.rep a.s
a.t a.t.b.c.b a.t.s a.u a.v a.v.a a.w a.w.p a.y a1a a1b a1d a2 a3a a3c a3d a4a a4b a5a a6 aaee aaoc aat aaunt abb
abb.n.c abb.n.cas abb.p.r abb.pr.rep abb.prac abr abram abrigo abs abstr abysmal acad academe acapulco accelerometer
accent accum acid.mp acoust acres acsynt acton ad add adj adjud adm admin admr admstrs adultesl adv adv.s adver
adverseaffaota ae1n aeccsurr aega aeq aerogel aff aff'd affcc affd affg agado agg agjobs agmt ago agric agricuhura
agron ah aho ahon ahrq.gov aia9b aik ails aims airfoil airstream airtel ajami ajlotherceuses ak aklè akua al al.app
al.ht al.no ala ala.app alab alarie alicanv alike alitchell alk all all.e.r allard allgov alloc alls allí aloud
alrededores alt altemativa altman altmire altz aluminides alv alving am am.ann.cas am.compl am.dec am.j am.j.comp.l
am.j.int'l.l am.jur am.negl.cas am.orig.pet am.rep am.s.r am.st.r am.st.rep am.sub.h.b amb ambulatorio amem.hnt amen
amer americains ames amok amperes amperometry amsler amt an an.v analte anarchy and2 andary andb andc andclrrhosis
andclrrhosls andd andenergy andes andii andiii andiv andno andorra andrewspaperco andv andwash anev anilca ankr ann
ann.art ann.cas ann.ch annaeso annot annum ano anon ansent answ ant anth anticonceptivos antioch anwer aoej aoejj aoki
ap ap.2d apariencia apdo aplee aplnt aplt app app.d.c app.div app.div.2d app.div.3d app.p app.r appaaxiuw append
applause appleinc applic approp approx appx apr aprendiendo apresente aprvd apt apto apts apx aquat arb arb.j arcade
arcadisn.v arden area.avis arg ariz ariz.app ark ark.app arment arrows art arteritis asbcano ased asfas ashore asides
asoc asrar assem assemb asses assessement assn assoc assocs assoo asst assur assuranceltd astromag asymmetrically at
at6a atbp ates atl atl.r atno att'y att'y.gen atty au.d aug aughinbaugh auq aut auth auto av avb3 ave avg avn.il
awhole awry axe aye ayi2vtm9 ayp ayuden b b.6 b.6.a b.a b.a.l b.a.p b.a.r.t b.a.s.s b.a.sc b.arch b.b b.b.a b.b.m b.c
b.c.d b.c.p.s b.c.r.a b.ch b.d b.e b.e.c b.e.s.t b.e.t b.f b.g b.h b.i b.i.a b.j b.j.r b.j.s b.k b.k.b b.k.p b.k.w b.l
b.l.d b.l.m b.l.p b.l.r.p b.l.s b.m b.m.r b.n b.o b.oh.oh b.p b.pd b.r b.rabb.j b.s b.s.c b.s.e.e b.s.h.a b.s.m.e
b.s.n b.s.t b.sc b.soc.sci b.stockton b.t b.t.a b.t.b b.t.g b.t.r b.t.u b.v b.v.18 b.v.b.a b.w b00rda babb backs
bacnet bacuus bai bai.eq bail bail.l baird baj.iiiiiiln bal baldo baldw ballsfjorden balt bandao bangla bank bankr
bankr.ct.dec barb barb.s.c barbuda barn barques barr barrancas barron bat batt bauler bax baxt bays bbbb bbls bd
becauseh.o beckettcorp bed bee begich begonias beight bela belg ben beneficiarios benj bentsen bequia berver bets bevc
bew bgs bhd bhd.56 bhrd bi.a bialgebras bidg bien bigelow biggert bin binn binna binney biochem bioi biol biome bircu
biss biting bitsue bius biv.mp bizerte bj bk bks bl black blackf blatchf bldg bldrs ble.com bleachers bleak bled blip
bloomer blute blvd bmj boag boccieri bold bombardment bombed bond bondingco book bordogna bosw bothnia bouis bourguiba
br br.a bra brachtherapy brad bradf braman brash brayt brb0j brdcstg breas brescia brev bridy brig brizzi bro broad
brock broere bros brost bruhn brunn brynilen bu.edu bualnera buch buchan buchanan budges bue bul bull bumover bump
bunce bur burica burlas burr bus bus.disp.guide busb busb.l buto buyyer bvsii bw byam byc2 byhhc byrnes byrp byway
bz05y5 c c.a c.a.33 c.a.45 c.a.a.f c.a.b c.a.d.c c.a.h c.a.m c.a.r c.a.t.c c.a.t.s c.a.ts c.a.u.s.e c.a.v.e c.b c.b.c
c.b.p c.c c.c.a c.c.c c.c.h c.c.l.j c.c.n.l c.c.p c.c.p.a c.d c.d.cal c.d.e c.d.m c.e c.e.d c.e.o c.e.r c.f c.f.o
c.f.r c.g.f c.g.l c.h c.h.p c.i c.i.a c.i.a.q.p c.i.d c.i.h c.i.r c.i.t c.j c.j.f c.j.l c.j.s c.k c.k.c c.l c.l.e.a.n
c.l.g c.l.h c.l.p c.m c.m.a c.m.b.r c.m.c c.m.k c.m.r c.m.s c.m.t.c c.n c.n.c c.n.e.s c.n.m c.o c.o.b c.o.d c.o.l
c.o.r.e c.p c.p.a c.p.c c.p.c.e.c.a.b.a c.p.d c.p.t c.r c.r.c.p c.r.e.a.m c.r.f c.r.n.p c.r.s c.s c.s.a c.s.c c.s.p
c.s.t c.s.w c.t c.t.a.b c.t.h.s c.u.r.p c.v c.v.94 c.v.i c.v.l c.v.v.a c.w c.w.c.c c.w.p.w c.y c.z ca ca.t caamd.ttod
cabedelo cableways cafeína cagliari cai cai.cas.err cai.r cain cal cal.app cal.app.supp cal.app.supp.2d cal.com.c
cal.rptr cal.unrep cal.unrep.cas calbom cald calif californhi call calomo caltf cam cama camber cample can canaby
canapy cancer canst canyous cao cap capka caproids capt car car.id car.law.repos carden carib caro carpenter carr cas
cascais casey cates cav cbdef ccafs cccop ccdumns cdfa cdk5 cdn cdsr.mp cedexfranceattn cellresearch cellstarltd
cems.c cent centerp.o centralasia century ceo cepi cert certif cf cfa cfiiiridy cfo cgp ch ch.app ch.d ch.div ch.sent
ch74 chacao chae chaegim chand chandl chanduy chaos charlt chart.boston chart.pittsburgh chase chases cheerful chem
chems chest chev chev.ch chf.mp chi chi.leg.n chicle childandover childhoodeducation chip chip.d chip.n chir chit
chlorethoxyfos chores chromatog chron chtd chtrd chu chuan chukhrovite chytka cie cien cifras cilacap cimninghaui cin
cir cir.ct cirla cit civ civ.app civ.r civia civilization cl cl.ct cl.r clarke clias cliff climb clinicos
clinorotation closes clr cls cltv club.mp clv cmk cmt cmts cmty cmtys cmwlth cn cn.m cnhs cnovan.v cnty co co.ct
co.inst coal cod codd code codeann codend codo coeff cofi coif coii.g coiporation cok col col.cas col.j.envtl.l
col.l.rev cold coldw cole cole.cas.pr colem.cas coll collimator colo colo.app colorrectal cols colum com combustor
combustors comm commer commrs commun communs commw comp comp.gen compendium compl complaintno compls comput
computationally comra comrnun coms comunitario con conc condltiooj condo conds condtiona conf cong congi congl conj
conn conn.app conn.cir.ct conn.sup conn.super.ct conn.supp conn.surr conpir conrowbros cons consecutiva consol const
const.s.c constr consume cont contiatent contoy contra contracu conttillltlon conv coo cooler coombs coop cooperatj
coords copie.s copr copr.l.dec copurn corbo corehole corker corp corr corsini coruna corwin cosolvents coss cossi
cost.b cotntnission couns cow cow.n.y cox cp cpcr cpl cpsc.gov cr cr.app.r cr.r cra crabbe crafts cranes crazy crdr
crecer crim crim.r crites critz crossy crowell crowley cru cru1s cruia cruis crumbs crv csn3s csuis ct ct.app ct.cl
ct.sup ct18t8snm ctic cto ctr cts cty cuark cuellar cum.supp cunt currriculum curt cusfta cush cust cust.ct cvbh cvotv
cvrv cw.ua.edu cwficf cxperienc cy.m cyn cytology czuis czvis cía d d.5.a d.a d.a.b.t d.a.g d.a.h d.a.r d.a.r.e d.b
d.b.a d.c d.c.d.c d.c.h.m.s d.c.l d.c.mont d.c.r d.c.w d.cd d.chipm d.conn d.ct d.d d.d.c d.d.g d.d.i.s d.d.s d.del
d.e d.e.a d.e.e d.e.m d.eng d.env d.f d.g d.g.c d.h d.h.h.s d.h.p d.i d.i.a d.i.b d.j d.j.p d.k d.kan d.l d.l.n d.lgs
d.m d.m.d d.m.s d.m.s.i d.md d.min d.n d.n.d d.n.h d.n.j d.n.m d.n.sc d.nev d.nsc d.o d.o.b d.o.c d.o.o d.or d.p d.p.a
d.p.m d.p.r d.phil d.q.b.a.g.m.r d.r d.r.h d.r.i d.s d.s.c d.s.d d.s.k d.s.o d.s.w d.sc d.t d.t.e d.t.s d.u.i d.v
d.v.m d.vt d.w d.w.i.t d.wash d.wre d.z d3t dabaj dahl dak dal dall dall.dig dall.s.c dalles damelin dan dannenbergco
databook date14 dati datr dav davs day daño dc dckt dded ddx dea deady deafblind deafblindness deak deblurring debns
dec decks decr dedos def defiam defmlfelyfek.e defs deg.h.r deg.s degrad dekption del del.ch del.co del.co.rep
del.supr deline dem dem.surr den denber denom dep dependencyofk.n.j dependencyofk.s.g dependencyoft.l.g dependientes
depo depot deprieal dept des desaparece desarrollarse desaus desaus.eq desempleados deserved det detmer dev dev.l devs
dg5 dhs.gov diabeticos diaria dicks dict dif diffraction difr dig diieasea dill dims.mp diodes dir dirs disc disp diss
dist dist.rep distrib distribs div divid divide divisi djou dkt dnamolecules dnr doc docno docs dogami dojle dol.gov
doldrums doler donlknow donlknowmefhod doparo dorcas dordrecht dory dostie doug doves dowp dozers dr dr.p.h dr.ph dr7
dracu drakos dramsfjorden drinit drlg drs drunk drxon dtd dtuit dubrovnik dud dud.ch dud.l dudl dull dult dumb dummit
dup durn dursey dusk duv duxbury dvds dvvu dwt dwwhq dyes dys e e.0 e.a e.a.d e.a.r e.a.s e.a.t e.b e.c e.c.r e.d
e.d.ark e.d.cal e.d.f e.d.ill e.d.la e.d.mich e.d.mo e.d.n.c e.d.n.y e.d.pa e.d.t e.d.tex e.d.va e.d.wash e.d.wis e.e
e.e.o.c e.e.s e.e.u.u e.f.b.d e.f.c e.g e.h e.h.g e.h.smith's e.i e.i.n e.ii e.j e.k e.l e.l.a e.m e.n e.n.c e.n.o
e.n.r e.o e.p e.p.a e.p.s e.r e.r.c e.r.w e.s.a e.s.c.a.p.e e.s.l e.s.s e.s.t e.t e.u e.v e.w e.w.f e.w.n e.z e08h
eaders earthvision ebbitt ecan ecb.t eckerly ecks ecol econ econ.geol ecosyst ed ed.c.r ed.ch ed.d eddr eddyv edm
edm.sel.ca edn eds educ educatlbn edw edwd ee ee.doe.gov ee.uu eeee eeo1cpa eeoc.gov eff effusion efx94 egovemment
ehksq6 eingehen eisold eist elaia elan elasticities elec elecs elect electricco ellrod embayment emissivities emp
emp.nt emp.rel.bd empl empl.prac.dec emps encyclopedia eng eng.la enn eno enter enters entombment entw env envir envtl
enw enyart eoa eobt eome eonsolid eost epid epwarbs epwarps eq eqn eqns eqs equal equilibrators equip eries errors.mp
errv es.htm esbjerg escombreras esh especializada esposo esq esqs est estateco estudianles et et.al etc etsec etseq
eu2 eub eugraviui euont evap evid evid.r eview ex ex.doc exc exceptionalities exch excitation exec execs executw exh
exh.b exhs exisic exohcne4 exp expats exped expl expo exs ext extant externa extr extracurriculares eyatamt eyjafjorur
ezekiel f f.a f.a.a.m.a f.a.a.n f.a.a.p f.a.c f.a.c.h.e f.a.c.p f.a.c.s f.a.i.a f.a.r f.a.s.h.p f.a.s.t f.app'x f.appx
f.b f.b.i f.b.i.s f.b.t f.c f.c.a.c.b f.c.c f.c.c.r f.c.h f.c.i f.cas f.d f.d.i.c f.e f.e.r.c f.f f.f.a f.g f.h
f.i.c.a f.j f.k f.k.a f.l f.l.r.a f.m f.m.c f.m.p f.mann f.n.p f.o.b f.o.p f.o.t.s f.p f.p.c f.p.k f.r f.r.a.c.p
f.r.c.p f.r.c.p.c f.r.cr.p f.r.d f.r.s f.s f.s.b f.supp f.t f.t.c f.t.m f.u f.u.t.a f.v f.v.a f.y f3d faa fab2
facesheets faded fairs fallig fallin famia farce farge fastrup fatran fatrau fattan faulting fawell faxno fayyu fbase
fcc.gov fce fd.c fda fda.hhs.gov fdn fdutpa feb fed fed.app fed.app'x fed.appx fed.ca fed.cir fed.cl fed.r fed.r.2d
fed.r.3d fed.r.4th fed.r.app.p fed.r.civ.p fed.r.civ.proc fed.r.crim.p fed.r.evid fed.r.serv fed.r.serv.2d
fed.r.serv.3d fed.reg fed.rep fed.rep.2d fed.rep.3d fed.rep.4th fed.res.bd fed.sent.r fedje feh feigen feldmann
felixstowe fema fems fenitrothion fenty fermé fernandina ferrei.1 ferroelec ff fff ffff ffice fiat fibroids fid
fifth.do fifthave fig figs fiinding fileno fin fin.ti.w finalestimates fincu finisterre fir.st first.do fiscalissues
fish fisicos fist fit.mp fitzhugh fixers fj3fa fl.s fla fla.dist.ct.app fla.supp fla.supp.2d flag flahertv flak flake
flattery flip fllilr flor flourish flpp flr flsbm fluzo1i flywheels fmc.gov fmisterre fmr.html fn fnllerton foc.c foes
fol forb forebodies foren forp fortscs foti fotum foun found fourchon foxx fr fran frances.a.s fray frcp.f.med.sci
free freem fri frisina frn froot frwy fs.fed.us fssoc fssot ft ftirfwenc ftnol.jii fu52 fuelsafety fuhr funagawa
fundinginc fut futuro fv1wh4 fy00 fy19 fyi g g.a g.a.a.p g.a.f g.a.l.r g.a.o g.a.v.a g.b g.c g.d g.d.r g.e g.e.p g.f
g.g g.g.b g.h g.h.r g.i g.j g.k g.l g.l.p g.m g.m.b.h g.n g.n.m.a g.p g.p.o g.r g.r.b g.r.e.a.t g.s g.s.a g.s.t g.s.v
g.t g.t.w g.v g.v.a g.w g.w.g g.y.j.p g.z ga ga.app gages gal galaxies gall galleries gambier gamed garb garon gaytan
gaz gaziano gdn gease geds gehrke geisler gelasa gen gend genet geneticos geo geochim geodesy geographicareas geol
geom geophys geosynthetics gepa gg ggf gggg ghahfarokhi gibson gidner gidrol giens gijon gikai gil gild gildr gilm
gilp gimc gimel girt glaciol glauber glaucoma glob gohealthmd goode goopman gorsa gouged gov gov't govcrnni govemmenl
govt gr gracefully grado gratt gravureco greenmail grenada gresik gro.ss group.c groupinc grp grps gtax gte guar
guilford gulfcoast gunboat gunpoint guntis gusts guthrie h h.37.b h.a h.a.s.c h.b h.c h.c.m.c h.con.res h.d h.d.c
h.doc h.e h.e.b h.e.l.p h.f h.g h.h h.i h.j h.j.r h.j.w h.j.y.s h.k h.l h.l.j h.m h.m.c h.m.s h.m.t h.n h.o h.o.p.e
h.p h.q h.r h.r.e h.r.j h.r.m h.r.s h.rept h.res h.s h.s.g h.t h.t.p h.u h.v.a.c h.v.r h.w h.y h2sw h3e hab.rest
hacala hacked haen haffner hall hamman hammerfest hand hannel har hard hardes harnick harp harp.l harr harring hars
hartor harv harv.j.l.pub.pol'y harv.l.rev hasb hashington hask haugen havr haw haw.app hay hayeren hayth hayw hayw.n.c
hayw.tenn haz hazmart hb hdqts hdrn headlamps healthinc healthprograms healthsouth heave hedayet hein heineman heinl
heisk helck hellenika helper helwig hematopoletlctissues hemodialysis hemorrhoidectomy hemp hempst hen henkle heno
henslowii hepat hepatol herbes here.i.e hers hewson hewston hfo hfrs hhh hhhh highs hil hiler hill.n.y hillier hilt
hipotccario hiskjo hist histol hitchhikers hivt hldgs hlr hlth hne.s hnisterre hnrrrlsturh hoac hock hocs hoeft hoenic
hoff hoff.cha hoff.n.y hoffm hoile hoiles hokkaido holidays hollen holmer holz hom homas homelesssness homeschoolers
homs hon hondeklipbaai honrs hooley hopce hopel hopk horida horm horrman horse hort hosea hosp hospitalitycorp
hospitci hosps hotelsu.s.a hous houst hov.o how how.n.p how.p.r howitzer hr hrg hrgs hrmn hrng hrs hs hsslstant hta.mp
huds huella hugh hughes hum human humph hun hunlk hunts hupson huq huser huslnp hw hwy hybe hydrographystudy hydrol
hyperplane hypochlorination i&ndec i.1 i.a.e i.a.f.f i.a.r i.a.r.d i.anibit i.atitud i.b.2 i.b.m i.c i.c.2.a i.c.a.d.c
i.c.a.r i.c.b.m i.c.c i.c.r i.d i.d.g i.e i.e.r i.f i.g i.h i.h.c i.i.i.i.i.i.i.i.i i.i.m i.iibtly i.j i.k i.l.c.s
i.l.i i.l.s i.m i.m.s i.n.s i.o.p i.oaqitud i.p i.p.o i.q i.r i.r.b i.r.c i.r.c.p i.r.e i.r.s i.r.s.c i.s.d i.s.k
i.s.p i.s.s i.t i.t.r.d i.u i.u.p.a i.v i.w i0 i5 i6su7o i8o ia iadu.k iaia iary iatitud iays iazyke ib ibid ibuse
icopor id id.no ida idah idaho idays idem idlers ido iestruction ifame ifbs ifh.o ifmr ifni iftftiatw ig70q igo6 igsas
ii.a ii.a.1 ii.a.2.i ii.a.2.j ii.a.3 ii.b ii.b.3.b.i ii.b.3.b.ii ii.d ii.e ii.e.11 ii.e.3.c ii.e.5.b ii.e.5.c ii.e.5.d
ii.e.5.e ii.f ii.g ii6 iihligi iii iii.1 iii.10 iii.15 iii.2 iii.3 iii.5 iii.a iii.a.2.a iii.b.1 iii.b.2.a iii.b.5
iii.b.7.d iii.c iii.c.1.ii iii.c.3 iii.d iii.e iii.f iii.g iii.h iii.i iii.i.1 iii.i.9 iii.l iii.m.1 iii.m.2 iii.m.4
iii.n.1 iii.o iii.q iii.r iii.r.2 iii.s.1 iii.s.5 iii.t iii.u.4 iii.w iil.p iinc iinj iio ijdc ijocs ik ikolik ilk ill
ill.a ill.a.2d ill.a.3d ill.app ill.app.2d ill.c.c ill.dec ill.decs ill.l.rev illlpledolatioa ills illum ilpinskiy
ilture immigr imp impensable imps in inashleighr inc inc.10 inc.12 inc.13 inc.19 inc.21 inc.22 inc.29 inc.30 inc.31
inc.34 inc.42 inc.44 inc.47 inc.57 inc.59 inc.61 inc.62 inc.63 inc.68 inc.7 inc.71 inc.73 inc.74 inc.79 inc.82 inc.84
inc.87 inc.88 inc.89 inc.90 inc.91 inc.92 inc.95 inc.96 inc.97 inc.98 inc.99 incapacidades incl incorp ind ind.app
ind.rep ind.t indem indep indiv indus induslli inf influense info infobase infra ings inguinalhernia inh
inhomogeneities inion init inj inno inplications ins ins.co insp inst instabilities instr instrs insuranceco int
intcrag inteligencia intell intemacional intemos interpreneurship interrog interventionists intestine inv invaders
inverter investmentscorp invs iors iowa ip11 ipath irage ired ired.l ireoo iret irmaos irrrls isby isiarkh isirs
islam.educationb.a istsess italic itex itjiiy itl itms iuuu iv.3a iv.3b iv.3c iv.3d iv.3d.1 iv.3d.2 iv.3d.3 iv.3e
iv.3e.1 iv.3e.2 iv.3e.3 iv.3g iv.a iv.a.1 iv.a.1.a iv.a.12 iv.a.2 iv.a.3 iv.a.8 iv.b.1.a iv.b.2 iv.c iv.e.1.b ix.a.1 j
j.a j.a.j j.a.k j.a.l j.a.m j.a.m.s j.a.s.c j.a.t.c j.b j.b.c j.c j.c.d j.c.j.m j.c.p.c j.ch j.crim.l j.d j.d.m
j.d.w.m j.e j.e.a j.e.b j.e.r.g j.f j.f.c j.g j.g.f j.g.s j.g.z j.h j.i j.i.t.p j.j j.j.mar j.j.r j.j.w j.k j.k.n j.l
j.l.b j.l.e j.l.e.o j.l.econ j.l.r j.l.v j.m j.m.d j.m.l j.n j.n.b j.n.d.b j.n.j j.n.o.v j.o j.o.a j.o.g j.p j.p.b j.q
j.r j.r.h j.r.m j.r.r j.s j.s.c j.s.m j.t j.t.r j.t.t j.v j.w j.x.m.c j.y j1tfo j4o ja jacoss jacosus jama jan janis
janjali japank.k jas jective jectives jeff jerky jes jfo jgoi jiangzemin jidc jimiled jisinc jj jjj jjjj jl6 jll.sc
jnc jnci jni jno johan john johnr johns johns.cas johns.ch johns.ch.cas johns.ct.err johns.n.y johns.rep joke
jokulhlaup jolinm jolnistou jos joski jour jpas jr jrooms jst jtpa jubilacion jubilation jud juegang juejnwent jugs
juguetes jul julysept jun junenov juntas jur juris just juv juv.r jva k k.a k.a.f.l k.a.k k.b k.b.c k.b.d k.c k.d k.e
k.e.e k.e.f k.f k.g k.g.v.a k.h k.i k.j k.k k.k.c k.l k.l.a k.m k.m.b k.m.l k.m.p k.n k.n.j k.n.r k.n.s k.p k.r
k.r.a.g k.r.c k.s k.s.a k.s.c.c k.s.m k.s.r k.t k.t.e.l k.t.k k.v k.w k.w.s k.y.z k.z.s k0j2 k6zo8tnv90n8s4a ka.m ka.t
kaine kaliff kaltenbach kamchatka kan kan.app kan.app.2d kans kans.app kansans kapa karnas karto kas katharine kaus
kayaks kazakstan kbu keg ken.dec ken.l.re ken.opin kenmore kerry kft kg khel kidnaping kidnapper kildee kina kinc
kindle kine kino kir kirb kismaayo kittell kkk klen klldee klumpang knees kofiau konar konduz kors kosmas koux kp krai
kratzke krautsand kress kripke ks.m kt ktj ktr kucera kuliuk kurd kx kx3l ky ky.app ky.l.r ky.l.rptr ky.law.rep kò l
l.a l.a.d.c l.a.r l.a.s l.b l.c l.c.a l.c.f l.c.s.w l.d l.d.c l.e l.e.e.d.a.p l.ed l.f l.g l.g.g l.h l.i l.i.m.a
l.i.s.w l.j l.j.g l.j.n l.j.q.b l.k l.l l.l.c l.l.c.101 l.l.c.107 l.l.c.11 l.l.c.117 l.l.c.120 l.l.c.127 l.l.c.134
l.l.c.135 l.l.c.142 l.l.c.143 l.l.c.144 l.l.c.159 l.l.c.16 l.l.c.17 l.l.c.178 l.l.c.181 l.l.c.189 l.l.c.32 l.l.c.36
l.l.c.38 l.l.c.39 l.l.c.4 l.l.c.40 l.l.c.41 l.l.c.43 l.l.c.46 l.l.c.49 l.l.c.50 l.l.c.55 l.l.c.60 l.l.c.69 l.l.c.70
l.l.c.75 l.l.c.76 l.l.c.78 l.l.c.8 l.l.c.80 l.l.c.9 l.l.c.93 l.l.c116 l.l.l.p l.l.o l.l.p l.m l.m.f.t l.m.l l.m.s.u
l.n l.no l.o l.p l.r l.r.a.n.s l.r.p l.r.q.b l.r.r.m l.rev l.s l.t l.t.s l.u.s.t l.v l.w l.w.d l.y la la.a la.ann
la.app lab lab.cas laches lack lack.jur lack.jurist lack.l.n laescuela lag.mp lahoop lakecity lamour lamson lancet
landbook landpower langkawi lans lantz lars larsen lary laserbeams lat lathrop latitnd latitud latltud laughlin
laughter lav law.ed lazy lb lbs lcda lcdo lcil lcl ld.raym ldcc lea lead leaps lecompco ledo leg leg.gaz leg.int
leg.mp leg.rec legis lems leuk levinv lew lewice lg4o liab lib lic lids life lifson liftoff lihnley.s liltall limani
limia limnol limp linguisticamento lioyp lipman liro lisbume listno lit lit.rep lit.sel.ca liter litig litt livorno
lizer ll ll.b ll.m llc6 llfld llioa lll lll8fhrsti111ru lllr llpinskiy llrits llu lmpip ln lns loaqitud lobue loc
loc.cit loc.r lock loging loire longley lonqitud looo loot lorerv lorp low lowell lr10 lr11 lr12 lr13 lr14 lr4 lr5 lr6
lr7 lr8 lr9 lstitud lt.gen ltar ltd ltd.67 ltda lu lu.s luck luds lujan lulea lumberco lumens lumley luro lut luz
luz.l.r m m.a m.a.a m.a.c m.a.j m.a.m m.a.o.m m.a.s m.a.t m.app m.arch m.b m.b.a m.b.b.s m.b.h m.b.k m.bd.ft m.c m.c.a
m.c.c m.c.h m.c.l m.c.s m.c.s.o m.d m.d.ala m.d.c m.d.fla m.d.ga m.d.l.r m.d.la m.d.m m.d.n.c m.d.pa m.d.tenn m.div
m.e m.e.f m.e.m m.e.p m.ed m.f m.g m.g.a m.g.c m.g.d m.g.l m.h m.h.p.m m.h.s m.h.s.a m.h.sc m.i m.i.b.s m.i.t m.i.w
m.j m.j.m m.k m.l m.l.a m.l.i.s m.l.p m.l.s m.lbs m.m m.n m.o m.o.c.c m.o.c.h.a m.p m.p.a m.p.b m.p.f m.p.h m.p.p
m.p.p.a m.p.s m.pa m.phil m.r m.r.a.p m.r.app.civ.p m.r.app.p m.r.c.p m.r.civ.p m.r.e m.r.evid m.r.h m.r.j.m m.r.p.s
m.r.s m.s m.s.c.e m.s.ed m.s.m m.s.n m.s.p m.s.p.a m.s.p.b m.s.p.h m.s.p.r m.s.s.w m.s.w m.sc m.sq.ft m.t m.t.c.a
m.t.c.r m.t.m m.v m.w m.y.h m.yu m0c3d m480ck m6bvv ma ma.a ma.v maasin maca macar macarth macey mach macloed
macmullan macroeconomy macromol madrona madsen maffei mag magnetically magnetopause magnetosphere magnetotail mai
mail.nih.gov maint maj mak makuch malofienko mamm managementinc managzn mangareva mangkaliat manipulator mankind mann
manometer manskngraviiigco manuf manum mappux mar marg marsh marsh.a.k marsh.j.j marsut mart mart.dec mart.n.c martini
marv marye maría mas mason mass mass.app mass.app.ct massa massachuetts matecumbe matematicas matematics matsut
matterofk.d.s maurepas maximized mayotte mba mbinga mbrs mbzf mc mca mcal mcall mcc mccah mccaul mccol.um mccomb
mccuuough mcdermot mcdlca mcgarry mcghee mcgl mchale mchenry mchuau mchucu mchueu mchugu mcintosu mclean mclntosh mcls
mcmul md md.app mdyq me meatus mech med medicas meenan melaka melians mem memo mend mentz mephisto mequi mer merch
merdan mesiji mesimvria mess messers messrs met metab metc metc.ky metc.mass meteorol metro mex mexicox.e.z.z mfg mfr
mfrs mga mgd mgm mgmt mgt mias mich mich.b.j mich.l.rev microbiology.fs micromechanics micropropulsion micropropuluon
midi mien miftakhov milion mills milosch milt min mineros minn minn.app mio mir miresources mis misc misplaced miss
miss.l.j missoun mistletoe mites mj01 mjd68 mjlauho mk68 mkr mkt mktg mkts ml40 mlles mmhg mmpa mmxb mnbpzfpxfrd mngr
mno mo mo.app mo.app.rep mo.l.rev moc3d mocktrhed mod modtools mol moll mologit momodou mon mon.b mon.t.b mona monaco
monag moncan monitoringreport mononucleotides mons mont mont.const mont.r.evid montg month mor mor.ia morella morr
mortg mortgagecorp mortis mosiya mosss mot motherj.f motionno mots moy mqwx4a mr mr.h mr.lms mr.poe mr.smith mr8zko1i
mreferencinj mrkts mrs ms msdl mses mstr mt mtl mu2ml muelas multiprocessor mum mun munf munnell muntins mur murph
murpny murtua mut mutagen mutat mvers myodocopida mzo møhl n n.16a n.16b n.16c n.2 n.7 n.a n.a.c.h n.a.d.a n.a.m n.b
n.b.f n.b.r n.c n.c.conf n.c.conf.rep n.c.g.s n.c.l.rev n.c.t.rep n.c.term.r n.c.term.rep n.chipm n.d n.d.app n.d.b.a
n.d.c.c n.d.cal n.d.ill n.d.ind n.d.iowa n.d.n.y n.d.r.civ.p n.d.r.ev n.d.tex n.d.v n.e n.e.rep n.g n.h n.h.r
n.h.t.s.a n.id n.j n.j.a.c n.j.eq n.j.g.y n.j.l n.j.l.j n.j.law n.j.m n.j.r.e n.j.s.a n.j.super n.j.tax n.l n.l.r.b
n.m n.m.app n.m.b n.m.p.m n.m.v.a n.mex n.n n.n.h n.n.m n.o.v n.oct n.p n.pag n.r n.r.a n.r.c n.r.e n.r.t n.r.w n.s
n.s.d n.t n.t.c n.t.s.b n.v n.w n.w.2.d n.w.2nd n.y n.y.ann.cas n.y.app.dec n.y.app.div n.y.c n.y.cas.err n.y.ch.r.ann
n.y.ch.sent n.y.civ.proc.r n.y.crim.r n.y.int.app n.y.j.l n.y.l.j n.y.p.d n.y.st.rep n.y.sup.ct n.y.super.ct
n.y.supr.ct n.y.suprm.ct n.y.u.l.rev n1s n3 n4 n6 narnilr nary nasif nat naturalisasyon naylor nc01 ne neb neb.app
neb.app.r neb.c.a nedy neece neg negishi neitherw.r nesig ness neth neukrug nev neveda newb newbeginning newlan
newmann newsprintmills ngonuk nicarague nicoya nih.gov nihongo niñas njord nkr nmpm no no.l noesner nofas nogatlvo
noj.p nom nonpub nonrecipients nonreg nonsense nonu.s nope nopm nor nordkapp northumb northumb.l.j northw.rep norw
norwoop nos notatalleftecltve notea nov novorossiysk nplp nppa nr nrc.gov nrtcs nsf.gov nter ntex nuchae nudelman
numer nursedb.p nutpi nutz nuussuaq nw nw.u.l.rev nwerdkqiz nxwuageowmlal núm o o.a.c o.a.r o.a.r.2d o.a.r.3d o.app
o.app.2d o.app.3d o.b o.b.a.j o.b.e o.b.r o.c o.c.a o.c.c o.c.c.n.s o.c.d o.c.d.e o.c.g.a o.cr o.d o.dec.rep o.e o.e.o
o.e.r o.f.m o.g o.i.r.a o.j o.k o.l o.l.a o.l.abs o.l.c o.la o.lb o.m o.misc o.misc.2d o.n.h o.n.p o.n.p.n.s o.o o.p
o.p.d.j o.p.i o.p.o o.r o.r.c o.r.s o.r.w o.s o.s.2d o.s.3d o.s.c.d o.s.h o.s.h.a o.s.h.d o.s.h.r.c o.s.u o.t.f.m
o.t.h.e.r.s o.w o.w.l o5vq oad oarrier ob objs obl oblig obs observ occidentales oceania oceanogr oceariogr oct oeot
ofa.m.h ofaj.r ofb.p ofbelarus ofc ofchina ofcolumbia ofcongo ofdr offline offmanv offorce ofg.s ofh.o ofh.r ofj.d
ofl.c ofl.e ofm.r.h ofmigration ofmr ofmt ofprogress ofrecipients ofrehabilitation ofs.j ofservice oftable oftether
oftex ofth.s ofu.s ogebe ogrosky oh.a oh.a.2d oh.a.3d oh.app oh.app.2d oh.app.3d oh.cir.ct oh.cir.ct.n.s oh.cir.dec
oh.dec oh.n.p oh.st oharaoter oils oj ok okay okin okl okl.cr okla okla.cr okla.crim olc oldingv oldp olver omtq4xh8
oncol onds oni onkd onqitud ontwikkelingb.v onwards oooh op op.att'y.gen op.cit openers ophth opm.gov opn
ops.cal.atty.gen or or.a or.app orangebanginc oranges orcuttco ord ore orearmfectlon oreg org orgs orig orjail orterv
os osmre.gov ost ostramds ostrova otherpurposes otner otoño ouch ough outsttmd ovca overridt overt ovr oyed oz p p.12a
p.12b p.a p.a.l p.a.l.s p.a.v p.b p.c p.c.l.j p.c.r p.d p.e p.e.w p.eng p.f p.g p.g.m p.geo p.h p.h.n p.h.s p.i p.i.c
p.j p.j.e p.jj p.k p.l p.l.a.n.e.t p.l.c p.l.l p.l.l.c p.l.l.p p.l.m p.l.no p.l.r p.m p.n p.o p.o.r p.p p.p.d p.p.s.a
p.r p.r.r p.r.s.f p.s p.s.c p.s.f p.s.i.a p.s.r p.s.t p.t p.t.a p.t.a.b p.t.s.d p.u.r p.u.r.3d p.v p.w p.w.r pa pa.c.c
pa.c.s pa.c.s.a pa.cas pa.cmwlth pa.co.ct pa.co.ct.r pa.commw.ct pa.corp pa.d.&c pa.d.&c.2d pa.d.&c.3d pa.d.&c.4th
pa.d.&c.5th pa.dist pa.dist.r pa.o.c pa.r.a.p pa.r.c.p pa.r.civ.p pa.r.crim.p pa.r.e pa.rep pa.st pa.state pa.super
pa.super.ct pac pac.r pac.rep paed pah pai pai.ch paine paj.li palenque palmi pamgeneb.v pamp pantanosas pantech papee
paperco par para parade paraeducators paraeducatorsupports paras parasit park parl pars partnersm.r.h passim pastnerst
pat pat.off.soc'y pathol patogena paulsen paver payne payt pbinter pcoc peanutco pears peatlands pedagogies pedest
peijs peinter peintixg peixter pelt pemba pen pen.no pendix penn penn.co.ct.rep penn.dist.rep penn.rep penn.st
penn.st.r penne pennew pennewill penny pennyp pens pensionados pentacarbonyl peones per perdida perl pernii peroeot
pers perspect persq.ft pet pet.s.c pfics pfiesteria pgq3 ph.d pharm pharm.d pharms phba phew phhmortgagecorp phil
phil.n.c phila phill phils phobia phos phostebupirim photoluminescence phycol phys.rev pick piia pikeminnow pimp pin
pinales pingree pinhole pinn piraievs pisco pist pitt.l.j pitts pitts.l.j pkt pkwy pl pla.4 plaee planforms planno
platts plc plenum plff pline plotilr ployed plra pls plur pogum poje poland pollut poms ponnd pop popp populus port
portee portillo portimao portugues pospoliomieliria posteo pouley pow powwow pp ppgindus pr prac prec preescolar
preescolares pref preferencia preforms prep pres presscolares prin printee printingoffice prionties priv privada prob
proc proc.reg proced prod prod.liab.rep prods prof prof.cond.r proj projectno proofmethodology prop propr prot
protegidos proto prov prowls prpty pruden ps ps.cal.atty.gen psig pssa psy.d psych.d pt pte ptlm ptr pts pu.d pu14 pub
pub.l puertorriquenos puncbed purposuil pushup putty pvsa pvt pvt.l pyneal pyrometer pág págs q q.1 q.1.a q.1.b q.1.c
q.2 q.2.a q.2.b q.2.c q.3 q.3.a q.3.b q.3.c q.3a q.3b q.4 q.4a q.4b q.4c q.5 q.6 q.7 q.8 q.9 q.b q.d q.d.r.o q.e.d
q.m.c q.p q.s.o q.w q1a q1b q1c q3a q3c q3d q4a q4b q5 q5a q6 q8a q8h q8i q9a q9g q9i q9k qaarrie qabamu qabda qabus
qcinc qfcs qinhuangdao qizs qjm qla.4 qlbfr qllb qmnspumqwy qny4 qoro qph9h5 qq qq.v qqq qrtr qt qtd qtr qtrs quant
quantified quar quart quarts que quebr quet qulayah qy8c8 r r.2a r.5a r.5e r.7a r.9w r.a r.a.b r.a.g r.a.m r.a.n.g.e
r.a.v r.ahall r.b r.c r.c.m r.c.p r.c.s r.c.w r.d r.d.h r.d.s r.e r.e.h.s r.ea r.f r.f.c r.f.p r.g r.h r.i r.i.a.q.m
r.i.c.o r.i.op r.i.v.e.r r.j r.j.s r.k r.l r.l.b r.l.l.p r.l.t.m r.lb r.m r.m.s r.m.s.i r.n r.n.j r.n.w r.o r.o.a
r.o.c r.o.t.c r.o.w r.p r.p.c r.p.d r.p.g.p r.p.l.s r.p.s r.ph r.r r.r.s r.s r.s.a r.s.c r.s.f r.s.j r.s.o r.s.v.p
r.s.w.w r.t r.v r.v.i r.v.k.y r.w r.y r.z ra.no raaa rabb rad raezer ragweed rahn rajjerco rand ransp rapallo rapp
rara rarall rash rasoy raw rawl rbl rcsoun rcsul rcvi rcws rd re reb rec recieved reconstitution recreationalboats
rectangularjets recto recummcnd recurs redf redridge reedsport reeer reenacted rees reexamen ref refleja refrigeration
refs reg reg.sess regas regia regs regul rehab reichert reiker rel rem renacci renberg renditions renumerat1on reorg
rep rep.des repl replatioa reponse reporter reports repos repr repriscillaa reproach reprod rept repts repub
rerulatloa res reson resp respira responsibilites rest restructing resurrection ret retailbakeries reutil reutter rev
rev.code revg revisited revoi rew.j.c rez rheumatol rhinitis rhinosinusitis rhu rich rich.eq.ch richardia rife ril
rime rites rity riven rl rlfkicm rmedad rned roace roadstead roark rob rob.consc.cas rob.la rob.va robb robbins robt
rocers rokita rol roll rorn roru rosab roskam rossie rota rotu roum rounds roups rove row rpt rptr rpts rrez rrhea
rrprodu rrvct.s rsg rslr rsrv rt rtds rtg.stcvcna rttd ruin ruined rul rulewriters rulisti run.c rupin rur.huma ruskco
rusu ruts rutting rve rvey rvxb rwz ry ryanv rzktf réd s s.1 s.4 s.5a s.8.a s.a s.a.a s.a.b s.a.c s.a.f.e s.a.k.d.c
s.a.m s.a.n s.a.p.i s.a.r.l s.a.s s.a.t s.a.v.e s.b s.c s.c.f s.c.l s.c.r s.car s.ct s.d s.d.cal s.d.fla s.d.ga
s.d.ill s.d.iowa s.d.miss s.d.n.y s.d.tex s.d.w.va s.dak s.e s.e.c s.e.f s.e.s.a.m.e s.e2.d s.f s.fj s.g s.g.s s.h
s.h.a s.hrg s.i s.i.a.d.h s.i.p s.i.r s.j s.j.h s.j.res s.k s.k.l.r s.l s.l.a s.l.d s.l.g s.l.l s.l.n.g s.l.u s.m
s.m.a s.m.a.r.t s.m.e s.m.l.d s.n s.n.c s.o.b s.o.s s.onr s.p s.p.a s.p.g.s s.p.h s.p.i s.p.r.l s.prt s.r s.r.f s.r.g
s.r.l s.r.o s.r.r s.r.v s.rep s.s s.s.a s.s.i s.s.r s.t s.t.b s.t.o.p s.v s.w.i.f.t s.w.k s.w.r s.y s.à.r.l s.àr.l
s34.0sa s3cd5 s6ka sace sad.pa.cas sad.pa.cs sadl safety.mp sagunto saigon saijject salman salo salvajes saml sanan
sanchez sand sand.chy sandf sandf.ch sandf.chy sandozinc sane sansom sar.ch.sen sarat sarcelle sardegna saroff sask
sastrugi sat satement satter sav savs saw sawakin sawt.s sawtekinc sawy sc sc.d sc11 scacr scam scandal scatter
scattering sch sch.dirt sch.dist sched schmizzi schock schoem schumer sci scientili scil sciliy scilly scint scismu
scorr scort scr scrappers scries scuatz scuiff scuirf scuirr sdva se se.ss sebastiao sec sec.gov sec.l.rep seche secs
sect secundaria securitiesinc securitiesllc see.e.a seea.r seefed seeid seetex seg segs seksyel sel selham selves sen
sen.des senority senos sens sent sentencingtr sep sept seq seqq ser serg series series.alaska series.arizona
series.arkansas series.california series.colorado serio serv servicesinc servs sess sestak setrings setvice severa
sevt sf56 sfasno sgd sgli sgt sh shade shages shallowestuaries shan shariqah sharkey shctfotd shears shelcom
shelterwoods shepstone shifl shootdown shotcrete shrubs shrug shs sic sick sids.mp siedle sig signups sil sinks sir
sitrah sixth.do sjm skaccs skaer skagcs skid skovfjord skud sledgehammer sleep sliltcment smbp smerick smfh smithv
smitli smitu sncr sneclalvenlre sneeze snjm sno snook snurec so so.c so.car so.dis soar sobrevivientes soc
soc.sec.rep.serv soflb sol sola solventes som som.l.j somersetl.j somewhatllkely somr songea sou soudhas sounder
soupeer souper south southport sov sp sp.ch sp.z.o.o sparging spas spec spec.app speciaii specif spezia sphr splash
spoehr spol spool spp spr spraag sprague sprl spruce sprvsr sq sq.ft sq.in sqds sqq sr sr14 srdmpq srl srrcct srrock
srta ss ss.2 ss.ss ssocs sss st st.rep stafne stake stam stars starthistle stas stat stat11 state.gov statesv statev
stathis stators stats stayers ste steed steelcorp stein stenot stew stn sto stock stokercorp stoklosa story
stratemeyer strob sts stu styjd suaw suays sub subch subchap subcl subcls subcomm subd subdiv subds subj submunition
subord subp subpar subpara subpars subpt subsec subsecs suchresearch sucn sufrir sulawesi sum sumn sun sunley sunning
sunphotometer sup sup.ct sup.ct.rep sup.r super superalloy superalloys superpave supp supp1 suppl suppressant supr
supr.ct.rep supra suprvsrs supt supvsrs sur surpiuse surplusage surr survey.b susp sustainablt svcs sw swallowed swanz
sweetnam swirt swp.o swss sxaccs syl symmonds syms sys t t.3s t.8 t.9 t.a t.b t.b.a t.b.c t.b.d t.c t.c.a t.c.e t.c.m
t.c.o t.ct t.d t.d.c.c t.e t.e.a.c.h t.f t.g t.h t.i t.i.c t.i.m.e t.i.n t.i.t t.j t.j.s t.joat t.k t.l t.l.b t.l.g
t.lc t.m t.m.f t.m.l t.m.m.h t.m.s t.n t.n.h t.o t.o.d t.p t.p.f t.pp t.q.l t.r t.r.a.p t.r.c.p t.s t.s.m t.t t.v
t.v.x t.w t.x t.y t0joh t57v1x tables tabs tacloban tailwind talchery tale talega talent tallaboa tamarong
tampajorlando taney tant tapp taranto taras tasers tasks tax taxis tay tay.j.l tay.n.c tayl.n.c tayor taytor tbd tbsp
tc4pi tca tcpa tcx td.wql tdingdf teble tech technologyco techs tecnoglassinc teiss tel telecomm telecomms
telecomms.corp temp ten tenn tenn.app tenn.cas tenn.crim.app tenn.r.civ.p tenn.r.evid ter teratol terceira termez
terpeniya terr terroristas tesdell teu tex tex.a.civ tex.a.civ.cas tex.app tex.bankr.ct.rep tex.bus tex.c.c
tex.civ.app tex.civ.cas tex.clv.app tex.cr.app tex.cr.r tex.crim tex.crim.app tex.crim.rep tex.ct.app.dec.civ
tex.ct.app.r tex.jur tex.l.rev tex.lot tex.r.app.p tex.r.civ tex.s.ct tgnili th.d th.m thanks thata.c thcir the9 theno
thenos theo thermosyphon thes theu theu.s thiml.l.c thinner tho.s thomasattjj thomp thorntoi thorofare thos threads
tht thu thunb thur thurs thursd ti.ex ti.m tich tics tiess tiff tify tilos time.d timework tine tion tise tishcrics
tit tity tjb tke.us tkoj tl tlb5 tlmt tlsht tly tmwl tnatcri tobey togeth tohav toil toit tol.mp tolerancing tomot
tomr tonga tonka tonko tono toolslist torrevieja tortue tortugas tosias toulon toxicol tpc tpcs tpdbdi4c2h3 tpk tr
tr.ct.no trade.gov tradinginc tranmssn trans transam transcon transitauth transp tratada traumas trdg trdmk tread
treas treas.reg trench trezise trial.pt tribometer triccs trieste trol tropicales trs truncation tsme tsp tt ttansport
ttd tter ttm tuck tude tue tues tufano tuibomachinery tulis tuomas tupilco turbojet turbomachinery turbomachines
tuuday tvm twp twt twtj tyl typ tyva u u.3.c u.a u.a.e u.b u.c u.c.c u.c.c.r.s u.chi.l.rev u.g.h u.h.r u.i.c u.j u.k
u.l u.l.a u.n u.p.c u.p.r u.pa.l.rev u.s u.s.a u.s.a.f u.s.app.d.c u.s.c u.s.c.a u.s.c.app u.s.c.c.a.n u.s.c.m.a
u.s.c.s u.s.c.sec u.s.c.ss u.s.c.u u.s.d.a u.s.d.c u.s.d.i u.s.d.v.a u.s.e.p.a u.s.f.w.s u.s.g.p.o u.s.g.s u.s.l.ed
u.s.l.ed.2d u.s.l.w u.s.law.ed u.s.m.c u.s.p u.s.p.q u.s.p.q.2d u.s.p.t.o u.s.r u.s.s u.s.s.c.rep u.s.s.g u.s.s.r
u.s.sr u.s.t u.s.t.r u.s.v.p u.t.d u.t.m.b u.th.rl u.v.i u.va uarsdata ubl uerte ufbiolop ugac ugone uhol uhxd uihoe
uike uirj ujxd ukrayinskyy ult ulula un unabr unconst underachievement underachievers undist uneemptoyment unemploy
unforgiving unid unif unitestimates univ unof unpubi unpubl unquote unrep untouched unwant unwin uoh uoh.wz uppal
upstr uptick urf.t us.c usbr.gov uscg.mil usefil usgs.gov utah utes util utils utor uu uxor v v.a v.a.c.c.p v.a.c.s
v.a.p.c v.b.8 v.c v.c.c.p v.c.n.c v.c.s v.d v.d.7 v.e v.f v.f.w v.h.2 v.i v.i.c v.j v.k v.m v.m.d v.nos v.o.f v.p
v.p.c v.r v.r.c.p v.r.cr.p v.r.e v.s v.s.a v.t.c.a v.t.c.s v.t.cs v.v v.y.t v1 v3.a va va.app va.cir.ct va.dec
va.l.rev vaao vaginales vahl vain valadao vand var variates varn vase vbac.mp veasey vectoring veh vemonieae vena
venlre venneri veoowasn ver ver.civ.stat verano verm vert vet vet.app vetapp vetter vey vfos vi vi.1 vi.1a vi.b.2 vibe
vict victories vidas viii.a.4 viii.b viii.c viii.d.2 vill vip5 vir virg vise viz vmmuniti vn vnj vo1 vodka vol vols
vou vouepunc voxarltd vp vr vroom vs vscx vsecond vsept vsixth vst vst2d vt vvv w w.a w.a.e w.app w.b w.c w.c.a.b w.d
w.d.ark w.d.i.a w.d.ky w.d.la w.d.mich w.d.mo w.d.n.c w.d.n.y w.d.pa w.d.tex w.d.va w.d.wash w.e w.f w.g w.h w.h.o
w.i.p.o w.j w.j.b w.k w.l w.l.b w.l.j w.l.l w.l.m w.m w.m.w w.n w.n.c w.o w.o.w w.p.v.a w.r w.r.adj.r w.r.c.e.r w.r.e
w.s w.s.u w.st w.t w.ty.r w.va w.va.r.c.p w.w w.w.h w.w.harr w.w.s w8pwor w9g.v w9l wa wa.a wachutka waekoncorp wajid
wakeling walk walk.miss walk.pa wall wall.rep wall.s.c wane waned ware warr was6 wash wash.app wash.co wash.l.rev
wash.st wash.t wash.ter wash.ter.n.s wash.terr wash.ty wash.va wave waveland wayburn wb wbis wcy weath weave webman
webs wed week weekes weibe welby welden weldments welf wellsfargobankn.a wend wereth wess west wgtd wh whangarei whar
whart whart.pa wheat wheel whitehorse whitehurst whites wiesen wiest wig wildem wildl wiley wilhall.ji will will.mass
wilmot win wings wintertime wis wisely wisk wismar wisz withu.s wkbk wkg wkly wltt wm wm.e wm.h wm.j wmds wn wn.app
wnotdetemined woes woid woodb woods wool woolw works workshopworkbook wpa2 wpsc wra wrath wrk wsfg wsu wtd wtj wudunn
wwnds www www.cdc www.dhs.gov www.nfpa.org wxtg3x wy wyo wyrscu wz x.e.z.z x.j x.m xame xd xesmirli xo xos xr xra xray
xv xv.b.5 xvii.a.3 y y.a y.a.m y.c y.e y.e.s y.g y.l y.m y.o y.y.e.t yancey yap yard ycia ycrktowr yea year.b yearno
yearranks yep yer yerg yes.nox yf yh yod yoho yopice yorii york yr yup yw10 yw2c yyy z.a z.c.w z.d z.e z.f z.g z.h z.j
z.l.a z.l.w z.m.b z.m.m z.n.b z.p z.s.w z.v z.v.a z.w z3g zannah zarker zawr zbid zdwz ze.iff zeliff zemin zempoala
zhd zhiltsov znicxellv zo.o zool zrt zslsp zz8mjo1 zzz íd øsec úm етикетці жизни круиза ними этикетке آلخر أمكن األخرى
الكحول باشد باشند بحرية بدهید بزنید بشویید بلغتك بمانید بگیرید دهند سفرك شود شوید شيء منها ندي نکنید ولري کرد کند کنند
کنید گیرد یابند 것입니다 고려합니다 권장합니다 기록하십시오 날입니다 됩니다 마세요 마십시오 받으십시오 보십시오 비치합니다 사용하십시오 소독하십시오 실행합니다 씻으십시오 알아둡니다 연락하세요
연락하십시오 유지하십시오 있습니다 제공합니다 피하세요 하십시오 합니다 확인합니다
`.trim().split(/\s+/));
export const ENDING_ABBREVIATIONS = new Set(`
ago all day etc in life me okay week
`.trim().split(/\s+/));
export const STARTERS = new Set(`
______ __________ _______________________________________________________________________________ aal abc abstract
abtech acb accessed accession according accordingly accretive acelrx acta adc additionally adha admiral afge after
again agreementof aguettant aham ahrq aiken algunas algunos all allergan allridge alphabetical alternatively although
ambassador americaview americorps amgen among ams amsa amtrak amvets anaudit ann anorris another ante anticancer aoa
apha aphis appellant appendix applicants aptas arbitron arch aristasoft arntsen article as asb assemblyman
assemblywoman assuming asterisks astex at atf atlanta atlas atsdr aurizon ausn aust awwa axys azerbaijan barker based
bates bayer because becker behav bellicum bethel biochem bioject biol biolinerx biotrove biri bjneal blm bmj bontex br
bromodichloromethane bromoform brookfield bull bulletins burkhart but buyer caballero camco cancel canmax capitalized
capta captain carbonyl caterpillar cbo cbp ccoleman cdc cedaw centocor certainly chairman chairperson chairwoman
charlie chemosphere chlorobenzene chpt cim circulation clia clin cms cnv cochrane collegis colonel comcast commenters
compounding congressman congresswoman consequently consultant crescent csosa curr cve cvsa cybercom cymabay daniel
danielson darpa dashes dated dav david davner dcolon defendant definitelytrue description descriptors detective detre
dhs dig discard dkrause dndo do docvariable dod doe dol domenech dpw dundy during each earful ebenthall ecf echostar
ecri edrn eitem el eluminex emerg enbridge encad enda environ eoc epa epri ericsson eros estas este eta eucodis eur
even ewr exactech examples exantus except exh exhibit exxon f fannie fda fema ferc fhfa figure finally finalreport
fincen finova finra first flaming fluor fmcsa foreman fra frakes franz fresenius freudenburg frogs fsa fsis fuentes
further furthermore gables galvanized garcía gastrointest gatherer general gipsa given glenmark golden good governor
gpo grantor gsa gte gtri gtro gwg gynecol harveys hcfa he healthc heco henry hexachlorobenzene hhg hhs hitachi honda
how however hrsa hud hugo hum hutchmed hydrogen i iarc iata icaf icann icbi ice if ilsa in inaccordance indeed
industryseri inour int intek iodine ip iran issn isx it item iwra j jama jbell jcorcoran jdjones jieddo john journal
judge just keynote kohli koresh korth kreussler ksa kwikclick kyle la lafarge lal landlord langford las last les
lessee lessor let libraries licensee licensor lieutenant lineo llame llg longitudes los louisa ltg lthe luna lundy
lynx macromedia madam madame mailers manitowoc manjikian manu manuf manufacturi many map maps mary mcel mci mckesson
mdex mdi melissa michael microfiches microsoft middleburg millicom millitech mirex mms mmwr mobetize moderator mol
moreover morgantown morrill most mother motient motorola msa msha mstockstill muchas my naea nahb nami nasa nato nci
ncr neither nem nerc netgateway neurotoxicology next nextrade nfli nhtsa nicotine nida nimmer nist nmfa nmfs no noaa
none notarized nothing notwithstanding novartis now nrcs nsb nsf ntea ntia nurriddin nurs nws nysdoh oakwood oam
obstet occup oclc ocs odeq odic oe oei ojjdp ok oldfield omb omhar once ondcp one onesoft onr opening opic opm osha
osm otps ots our ouraudits ourresponsibility overall pallet para paraplegia partnet patheon patrick pawa pcec pct pds
pediatr pediatrics pembina pero petitioner petitioners pfo phmsa photoinspected pid plaintiff plaintiffs planimetry
please pntv por prev prevue prg prior promoter psychosocial psychosom puckett puhca purdue purl pva pwalker question
quickturn quiroz radiat radiology radix ralbany rationale raul rbc reclamation recommendation redacted references
relators reliant repetition requestor rereporting researchers respondent retrieved rfrederick riba riss rma rmajette
roberds rocco rockville rohosy romania ronald rudd russia sa sade safetea sandridge sba scand schuck sci scpi screws
sebac second secretary section see seller senator sergeant several sfas shaw she shengdatech sheriff si siipl silich
similarly sin since sincerely sir skechers sleep smartinez smartsky so socom solectron some spd specifically sroberts
srobinson ssa starkist statement stir stratcom stubbendieck stwave subject sublessee sublessor subpart subscriber
subtenant subtitle suchinformation sukumar summary suntech swayze sx szabla table tactic también tatham tda telemed
telmark tenant tfc tfos th thank thanks the then there therefore these thesefinancial thesupplemental they this thoele
thorax those thosestandards thus tila titan tjames tmc toc today toff towerstream toxicol trc tribufos tsa turnbull
tussey tva two txu ultrasound unfortunately unless upon usactive usaid uscis usda ussocom ustda usted ustranscom va
varwig vba vcs vea vention vha vigil visite vitoss vkgs vtal vyne vzmt w wasa wcp we webb weconducted well what when
whenever whetstone while whiting whittle why willey witco without woolworth wrds wuxi wwf xanodyne xew yes yet you yps
ziegel á â ø ÿ ʠ ʺ
`.trim().split(/\s+/));
/** Pairs of words between which no sentence ends. */
export const COLLOCATIONS = new Set(`
##number## /s
##number## 1includes
##number## </fp>
##number## </p>
##number## ____________________________________________________
##number## __________________________________________________________________
##number## aamc
##number## acrylic
##number## age-adjusted
##number## alertness
##number## amendment/modification
##number## ano
##number## bake
##number## beazer
##number## biosolids
##number## breitbart
##number## by-law
##number## cafo
##number## cfi
##number## cheeks
##number## chr
##number## colfin
##number## cse
##number## dashed
##number## dear
##number## deficit-neutral
##number## definitions
##number## dhhs
##number## doi
##number## dubuque
##number## euronet
##number## excerpt
##number## exclude
##number## excluded
##number## exclusion
##number## exp
##number## gchart
##number## gemail
##number## gexcerpt
##number## gjpmorgan
##number## gkpmg
##number## gletter
##number## glimcher
##number## gmerrill
##number## groundwater-level
##number## h&s
##number## hydrography
##number## inteletek
##number## inventure
##number## isbn
##number## kales
##number## kegley
##number## lcl.
##number## lipson
##number## lordi
##number## malo
##number## mangura
##number## ms4
##number## multi-component
##number## n<100
##number## non-berry
##number## nutrientenlarge
##number## ohayon
##number## ohi
##number## organochlorine
##number## pmid
##number## preheat
##number## program-specific
##number## project/activity
##number## provisional
##number## psychopharmacologic
##number## rader
##number## rbl.
##number## reichman
##number## repealed
##number## requisition/purchase
##number## rosekind
##number## sep.
##number## sipski
##number## specifi
##number## spending-neutral
##number## st_id_fk
##number## toxicokinetics
##number## walang
##number## »ltem
##number## —belting
##number## —black
##number## —engraving
##number## —files
##number## —galvanized
##number## —jenkins
##number## —lithographing
##number## —ribbon
##number## —screws
##number## ‘item
##number## ’item
##number## ■■■say
_ _
a 5-digit/scheme
a alm
a beard
a bickler
a booker</name>
a bourne
a brent
a burger
a cespedes
a colfin
a coons</name>
a coyle
a depalma
a dushane
a elkes
a haley
a hamiltonii
a hanna
a haug
a hoen
a istre
a jewell
a kriegsman
a kuerbis
a lorne
a maurer
a mikulski</name>
a pappas
a pate
a pielke
a reisner
a ripley
a schieren
a schmidt
a taylor​
a warren</name>
a wheeler
a worthington
b <e
b brewer
b caroline
b childressi
b cite
b cruz
b daish
b dioxins/furans
b enzi</name>
b espey
b garland
b graham
b henriquez
b hill
b i^ambie
b kanders
b l,ambie
b lambie
b lilly
b lloyd
b okun
b reichman
b robert
b rottino
b sparks
b tectorum
c <e
c addison
c albicans
c atkins
c bouchard
c brown
c byrd
c cambria
c cite
c cowles
c daches
c evidence
c fuller
c garefino
c gill
c hake
c inadequate
c karp
c kennicutt
c king
c kostelni
c lewis
c m.
c meringer
c parker
c peters</name>
c peterson
c r.
c roberts
c robinson
c s
c sak
c sample
c schaeffer
c shelby</name>
c stewart
c vang
c wilson
c wright
d austin
d bollinger
d bradly
d c
d cite
d correll
d c—
d g
d gilman
d harris
d kilgore
d king
d latham
d leblanc
d m.
d mackey
d medina
d rockefeller
d sheeline
d talcott
d wise
e 36th
e carter
e clay
e cody
e coli
e dube
e eberhart
e ellis
e evi
e fairbourne
e g
e grzelecki
e h
e jackson
e laird
e lutz
e meyerson
e mitchell
e moldovan
e morrison
e powers
e ross
e schumer
e scott
e sleet
e soredium
e stern
e wagler
e wheeler
f 2d
f 3d
f bashinsky
f brady
f buchanan
f c
f duckworth
f excluded
f gorman
f hoffmann-la
f kelley
f kennedy
f kenny
f khoury
f muth
f p.
f supp.
f tier
f tularensis
f zanjani
g carpenter
g elliot
g hood
g l.
g schafer
g stevenson
g stott
h boh
h brock
h buck
h butler
h c
h callender
h carter
h chesley
h coe
h con.
h cowles
h donaldson
h dubowitz
h esty</name>
h forbesii
h foster
h glatfelter
h goldfield
h griffin
h harland
h heist
h kawamoto
h lang
h luthin
h meyer
h meyerson
h parsons
h pleasants
h pryor
h pylori
h res.
h romines
h rupp
h siracusano
h sottile
h stevens
h taggart
h tissot
h yellen
i attitude
i crome
i rainer
j b
j beeney
j brault
j brooks
j c
j christensen
j crew
j davenport
j durbin</name>
j e
j fertitta
j fox
j h
j hall
j haskins
j heinz
j hyde
j l
j l.
j leahy</name>
j levanduski
j m
j markey</name>
j meloy
j moss
j names
j olsen
j p.
j peters
j poulos
j principi
j r.
j ruud
j s
j sartori
j schaefer
j schafer
j skadra
j taff
j thompson
j ulbrich
j woodward
n blatt
n clark
n cooper
n damodar
n dec.
n hagreen
n lambert
n lat.
n latitude
n y
o leavitt
o mykiss
r app.
r bro
r brown
r c
r carper</name>
r carter
r civ.
r cl
r dickinson
r forsythe
r gonzales
r h
r hack
r hellman
r hill
r hobbs
r ju
r kidney
r kingsland
r l.
r lee
r m.
r macdonald
r mays
r mays____________________
r moore
r p.
r rankin
r riley
r rogers
r s
r schiller
r stine
r t
r thune</name>
r warner</name>
s ##number##
s ____
s ashbrook
s barron
s bobb
s braisted
s c
s con.
s conocarpum
s cook
s ct.
s de
s doc
s friedman
s furman
s gensil
s geological
s hennick
s hrg.
s king
s lalljie
s lasalle
s levy
s m.
s parker
s peay
s reinhart
s res.
s richardson
s shimonishi
s smith
s stein
s sternlicht
s summer
s tamiami
s travers
s typhi
t friscanum
t galliher
t harris
t lipar
t moorhouse
t rankin
t rao
t rowe
t sanchez
u s
w busk
w byers
w c
w darnall
w duncan
w e
w fletcher
w h
w harding
w heo
w johnson
w l.
w long
w long.</fp>
w longitude
w mcbride
w mccarthy
w mccutcheon
w mcdowell
w mcneal
w millar
w morse
w richards
w s
w simon
w smith
w subtorquata
w t
w thorndale
w wheat
x y
y koumbiadou
y yang
z d
`.trim().split("\n"));
