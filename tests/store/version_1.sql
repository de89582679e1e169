BEGIN TRANSACTION;
CREATE TABLE item (
	sequence INTEGER NOT NULL, 
	item_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	media_type TEXT NOT NULL, 
	media INTEGER NOT NULL, 
	PRIMARY KEY (sequence), 
	UNIQUE (item_id), 
	FOREIGN KEY(media) REFERENCES media (sequence)
);
INSERT INTO "item" VALUES(1,'f5201cf555e7b13e0dc1d8c025407e0d2d96eb5728d49be67c29becdc1ee44ba','text','text/plain',1);
INSERT INTO "item" VALUES(2,'acadda60a86d56e836b3df33c0bd3205d7e0f0ffb12733b44866917582286cde','text','text/plain',2);
INSERT INTO "item" VALUES(3,'7f5f00f1199c45329d4e101bb8160f5c2d47998e87ec2520f7a8146250375a3d','text','text/plain',3);
INSERT INTO "item" VALUES(4,'b312f0af7ea65f889710717f15df1c25f4257597eb36c06675821e6b9eea45fa','text','text/plain',4);
INSERT INTO "item" VALUES(5,'608b5cfa8e3731f12fb977aa149152867eb333b3f20ce9194519b03f8b4c772f','text','text/plain',5);
INSERT INTO "item" VALUES(6,'cc7ff3eb6fcf9cba8ca799bedffc224f4aaabdb0aa321c56e2e210ded3e4ad67','text','text/plain',6);
CREATE TABLE judgment (
	sequence INTEGER NOT NULL, 
	judgment_id TEXT NOT NULL, 
	question INTEGER NOT NULL, 
	labeler INTEGER NOT NULL, 
	outcome TEXT NOT NULL, 
	choice TEXT, 
	comparison SMALLINT, 
	ranking TEXT, 
	rating FLOAT, 
	text TEXT, 
	spans TEXT, 
	probability FLOAT, 
	shown_left SMALLINT, 
	credence FLOAT, 
	answered_at_s FLOAT, 
	duration_s FLOAT, 
	follows TEXT, 
	PRIMARY KEY (sequence), 
	FOREIGN KEY(question) REFERENCES question (sequence), 
	FOREIGN KEY(labeler) REFERENCES labeler (sequence)
);
INSERT INTO "judgment" VALUES(1,'j0',1,1,'answered','chat',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1.0,1700000000.0,NULL,NULL);
INSERT INTO "judgment" VALUES(2,'j1',2,2,'answered',NULL,1,NULL,NULL,NULL,NULL,NULL,1,NULL,1700000000.1,0.0,NULL);
INSERT INTO "judgment" VALUES(3,'j2',3,1,'answered',NULL,NULL,'[0,2,2]',NULL,NULL,NULL,NULL,NULL,NULL,1700000000.2,2.5,NULL);
INSERT INTO "judgment" VALUES(4,'j3',4,1,'answered',NULL,NULL,NULL,3.00000000000000044408e-01,NULL,NULL,NULL,NULL,NULL,1700000000.3,2.5,NULL);
INSERT INTO "judgment" VALUES(5,'j4',5,1,'answered',NULL,NULL,NULL,NULL,'',NULL,NULL,NULL,NULL,1700000000.4,2.5,NULL);
INSERT INTO "judgment" VALUES(6,'j5',6,1,'answered',NULL,NULL,NULL,NULL,NULL,'[{"start":0.1,"end":2.0,"label":"x,y"},{"start":1.0,"end":1.5,"label":"\"z\""}]',NULL,NULL,NULL,1700000000.5,2.5,NULL);
INSERT INTO "judgment" VALUES(7,'j6',7,1,'answered',NULL,NULL,NULL,NULL,NULL,NULL,3.33333333333333314829e-01,NULL,NULL,1700000000.6,2.5,NULL);
INSERT INTO "judgment" VALUES(8,'j7',2,3,'tie',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1700000000.7,2.5,NULL);
INSERT INTO "judgment" VALUES(9,'j8',5,1,'answered',NULL,NULL,NULL,NULL,'a later
thought',NULL,NULL,NULL,NULL,1700000000.8,2.5,'j4');
CREATE TABLE labeler (
	sequence INTEGER NOT NULL, 
	labeler_id TEXT NOT NULL, 
	PRIMARY KEY (sequence), 
	UNIQUE (labeler_id)
);
INSERT INTO "labeler" VALUES(1,'ann');
INSERT INTO "labeler" VALUES(2,'Bé');
INSERT INTO "labeler" VALUES(3,'cy, d');
CREATE TABLE media (
	sequence INTEGER NOT NULL, 
	media_id TEXT NOT NULL, 
	n_bytes INTEGER NOT NULL, 
	content BLOB, 
	PRIMARY KEY (sequence), 
	UNIQUE (media_id)
);
INSERT INTO "media" VALUES(1,'f5201cf555e7b13e0dc1d8c025407e0d2d96eb5728d49be67c29becdc1ee44ba',6,X'6974656D2030');
INSERT INTO "media" VALUES(2,'acadda60a86d56e836b3df33c0bd3205d7e0f0ffb12733b44866917582286cde',6,X'6974656D2031');
INSERT INTO "media" VALUES(3,'7f5f00f1199c45329d4e101bb8160f5c2d47998e87ec2520f7a8146250375a3d',6,X'6974656D2032');
INSERT INTO "media" VALUES(4,'b312f0af7ea65f889710717f15df1c25f4257597eb36c06675821e6b9eea45fa',6,X'6974656D2033');
INSERT INTO "media" VALUES(5,'608b5cfa8e3731f12fb977aa149152867eb333b3f20ce9194519b03f8b4c772f',6,X'6974656D2034');
INSERT INTO "media" VALUES(6,'cc7ff3eb6fcf9cba8ca799bedffc224f4aaabdb0aa321c56e2e210ded3e4ad67',6,X'6974656D2035');
CREATE TABLE question (
	sequence INTEGER NOT NULL, 
	question_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	item_ids TEXT NOT NULL, 
	text TEXT NOT NULL, 
	settings TEXT NOT NULL, 
	occasion TEXT NOT NULL, 
	PRIMARY KEY (sequence)
);
INSERT INTO "question" VALUES(1,'8a2bcc28980d1b76258568f2d9cff5646e5993471dd3621658c99f3e1531fbf8','choice','["f5201cf555e7b13e0dc1d8c025407e0d2d96eb5728d49be67c29becdc1ee44ba"]','Which "class"?
','{"options":["chat","chien, chat","\"\""]}','');
INSERT INTO "question" VALUES(2,'6e8be3af32cbe8780bf67c9c56fa688550c0b373ca75b70a68e4deb3b4a81f7d','comparison','["f5201cf555e7b13e0dc1d8c025407e0d2d96eb5728d49be67c29becdc1ee44ba","acadda60a86d56e836b3df33c0bd3205d7e0f0ffb12733b44866917582286cde"]','Which, — ‘é’?','{}','');
INSERT INTO "question" VALUES(3,'f90d1d30e3952f30410353576e8dc1e4cdf0109358dc58462e3f7b0f7d7e928a','ranking','["f5201cf555e7b13e0dc1d8c025407e0d2d96eb5728d49be67c29becdc1ee44ba","acadda60a86d56e836b3df33c0bd3205d7e0f0ffb12733b44866917582286cde","7f5f00f1199c45329d4e101bb8160f5c2d47998e87ec2520f7a8146250375a3d"]','','{}','');
INSERT INTO "question" VALUES(4,'76883ddad747515fbff2e52dc9e4fdc5c6f8ac4b3ee97cc51c97e739602c6f0f','rating','["7f5f00f1199c45329d4e101bb8160f5c2d47998e87ec2520f7a8146250375a3d"]','','{"high":10,"low":-1.5}','');
INSERT INTO "question" VALUES(5,'55f33ea31e091cd1505025edab48098455c3199964ed5e8ffc22e5528c865ff2','text','["b312f0af7ea65f889710717f15df1c25f4257597eb36c06675821e6b9eea45fa"]','','{}','');
INSERT INTO "question" VALUES(6,'b07f77b628c051052440274fe0b72b1e401d759dab768d2a64670a1f3f05af24','spans','["608b5cfa8e3731f12fb977aa149152867eb333b3f20ce9194519b03f8b4c772f"]','','{"options":["x,y","\"z\""],"unit":"second"}','');
INSERT INTO "question" VALUES(7,'74746b4aa488c5dca4c5575bb023273d52907636a36be3c40c01673fcad8ef38','probability','["cc7ff3eb6fcf9cba8ca799bedffc224f4aaabdb0aa321c56e2e210ded3e4ad67"]','','{}','2');
CREATE TABLE rendition (
	item INTEGER NOT NULL, 
	media_type TEXT NOT NULL, 
	media INTEGER NOT NULL, 
	PRIMARY KEY (item), 
	FOREIGN KEY(item) REFERENCES item (sequence), 
	FOREIGN KEY(media) REFERENCES media (sequence)
);
CREATE UNIQUE INDEX question_once ON question (question_id);
CREATE UNIQUE INDEX judgment_once ON judgment (judgment_id);
COMMIT;
